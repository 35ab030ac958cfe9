import { koaHost } from '@spillway/test/support/koa-host.ts';
import Koa from 'koa';
import { describeApi } from './describe-api.ts';

describeApi('Koa 3', koaHost(Koa));
