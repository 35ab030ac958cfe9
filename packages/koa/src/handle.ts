import { type NodeHandler, viewOf } from '@spillway/node-http';
import type { Middleware, Request } from 'koa';
import { fromConnect } from './from-connect.ts';

/** Has the handler answer every request that gets here; settles when the answer is over. */
export function handle(handler: NodeHandler<Request>): Middleware {
  return fromConnect((request, response) => {
    const view = viewOf(request) as Request & { readonly body?: unknown };
    const { originalUrl, body } = view;
    return handler({ request, response, originalUrl, view, body });
  });
}
