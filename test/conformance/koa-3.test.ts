import Koa from 'koa';
import { koaHost } from '../support/koa-host.ts';
import { describeAdapter } from './describe-adapter.ts';

describeAdapter('Koa 3', koaHost(Koa));
