import Koa from 'koa';
import { koaHost } from '../support/koa-host.ts';
import { describeRoutes } from './describe-routes.ts';

describeRoutes('Koa 3', koaHost(Koa));
