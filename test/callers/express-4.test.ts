import { describeCallers } from './describe-callers.ts';

describeCallers('Express 4', { full: false });
