import { expressHost } from '@spillway/test/support/express-host.ts';
import express from 'express4';
import { describeApi } from './describe-api.ts';

describeApi('Express 4', expressHost(express));
