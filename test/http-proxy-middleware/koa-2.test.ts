import Koa from 'koa2';
import { describeDocumented } from './describe-documented.ts';
import { onKoa } from './setup.ts';

describeDocumented(onKoa('Koa 2', Koa), ['alone', 'pool']);
