import { describeCallers } from './describe-callers.ts';

describeCallers('Koa 2', { full: false });
