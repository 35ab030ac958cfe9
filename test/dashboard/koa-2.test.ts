import { koaHost } from '@spillway/test/support/koa-host.ts';
import Koa from 'koa2';
import { describeApi } from './describe-api.ts';

describeApi('Koa 2', koaHost(Koa));
