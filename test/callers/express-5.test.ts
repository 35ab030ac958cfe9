import { describeCallers } from './describe-callers.ts';

describeCallers('Express 5', { full: true });
