import express from 'express';
import { expressHost } from '../support/express-host.ts';
import { hpmHost } from '../support/hpm-host.ts';
import { describeAdapter } from './describe-adapter.ts';

describeAdapter('hpm express 5', hpmHost(expressHost(express), 'express'));
