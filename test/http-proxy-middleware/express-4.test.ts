import express from 'express4';
import { describeDocumented } from './describe-documented.ts';
import { onExpress } from './setup.ts';

describeDocumented(onExpress('Express 4', express), ['alone', 'pool']);
