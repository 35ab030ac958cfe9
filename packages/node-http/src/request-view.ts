import type { IncomingMessage } from 'node:http';
import type { RequestView } from '@spillway/core';

const VIEW = Symbol.for('spillway.requestView');

interface Viewed {
  [VIEW]?: RequestView;
}

/** Notes how users of a framework know this request, for middleware that gets it without. */
export function noteView(request: IncomingMessage & Viewed, view: RequestView): void {
  request[VIEW] = view;
}

/** `undefined` where the request of `node:http` is the one that users know. */
export function viewOf(request: IncomingMessage & Viewed): RequestView | undefined {
  return request[VIEW];
}
