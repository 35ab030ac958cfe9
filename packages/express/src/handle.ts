import type { NodeHandler } from '@spillway/node-http';
import type { Request, RequestHandler } from 'express';

/** Has the handler answer every request that gets here. */
export function handle(handler: NodeHandler<Request>): RequestHandler {
  return function spillwayHandler(req, res, next) {
    const { originalUrl, body } = req;
    handler({ request: req, response: res, originalUrl, view: req, body }).catch(next);
  };
}
