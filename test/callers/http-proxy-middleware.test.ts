import { describeCallers } from './describe-callers.ts';

describeCallers('Express 5 through http-proxy-middleware', { full: false });
