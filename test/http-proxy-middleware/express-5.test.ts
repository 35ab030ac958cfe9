import express from 'express';
import { describeDocumented } from './describe-documented.ts';
import { onExpress } from './setup.ts';

describeDocumented(onExpress('Express 5', express), ['alone', 'pool', 'poolOptions']);
