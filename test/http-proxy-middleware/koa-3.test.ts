import Koa from 'koa';
import { describeDocumented } from './describe-documented.ts';
import { onKoa } from './setup.ts';

describeDocumented(onKoa('Koa 3', Koa), ['alone', 'pool', 'poolOptions']);
