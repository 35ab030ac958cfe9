import { describeCallers } from './describe-callers.ts';

describeCallers('Koa 3', { full: false });
