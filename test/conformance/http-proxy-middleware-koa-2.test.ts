import Koa from 'koa2';
import { hpmOnKoa } from '../support/hpm-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { describeHttpProxyMiddleware } from './describe-adapter.ts';

describeHttpProxyMiddleware('Koa 2', hpmOnKoa(koaHost(Koa)));
