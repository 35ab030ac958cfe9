import Koa from 'koa2';
import { koaHost } from '../support/koa-host.ts';
import { describeRoutes } from './describe-routes.ts';

describeRoutes('Koa 2', koaHost(Koa));
