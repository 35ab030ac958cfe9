import Koa from 'koa';
import { hpmOnKoa } from '../support/hpm-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { describeHttpProxyMiddleware } from './describe-adapter.ts';

describeHttpProxyMiddleware('Koa 3', hpmOnKoa(koaHost(Koa)));
