import express from 'express';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress } from '../support/hpm-host.ts';
import { describeHttpProxyMiddleware } from './describe-adapter.ts';

describeHttpProxyMiddleware('Express 5', hpmOnExpress(expressHost(express)));
