import { expressHost } from '@spillway/test/support/express-host.ts';
import express from 'express';
import { describeApi } from './describe-api.ts';

describeApi('Express 5', expressHost(express));
