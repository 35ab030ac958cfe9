import express from 'express4';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress } from '../support/hpm-host.ts';
import { describeHttpProxyMiddleware } from './describe-adapter.ts';

describeHttpProxyMiddleware('Express 4', hpmOnExpress(expressHost(express)));
