import Koa from 'koa2';
import { koaHost } from '../support/koa-host.ts';
import { describeAdapter } from './describe-adapter.ts';

describeAdapter('Koa 2', koaHost(Koa));
