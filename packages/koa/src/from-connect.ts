import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigurationError } from '@spillway/core';
import { noteView, onConnectionClose } from '@spillway/node-http';
import type { Context, Middleware } from 'koa';
import { noteThatCallerLeft, takeOver } from './take-over.ts';

/** Middleware as Connect and Express have it. */
export type ConnectMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Koa middleware of one that was written for Express and answers on the response of `node:http`:
 * http-proxy-middleware, for example. It settles when the answer has been handed over, was cut off, or
 * `next` was called; an error that `next` is given, or that the promise is rejected with, is thrown.
 * It is not called for a caller that has left.
 *
 * @throws ConfigurationError when it is given something else than a function
 * @example
 * app.use(mount('/api', fromConnect(createPoolProxyMiddleware(pool))));
 */
export function fromConnect(middleware: ConnectMiddleware): Middleware {
  if (typeof middleware !== 'function') {
    throw new ConfigurationError('fromConnect', 'must be given a function', middleware);
  }
  return async function connectMiddleware(ctx, next) {
    const passedOn = await takeOver(ctx, () => settled(middleware, ctx));
    if (passedOn) await next();
  };
}

/** `true` when `next` was called, `undefined` when the answer is over. */
function settled(middleware: ConnectMiddleware, ctx: Context): Promise<true | undefined> {
  const { req, res } = ctx;
  // The caller has left before: there is nobody to answer, and no event would tell of the end.
  if (res.closed) {
    noteThatCallerLeft(ctx);
    return Promise.resolve(undefined);
  }
  noteView(req, ctx.request);
  return new Promise((resolve, reject) => {
    res.once('finish', () => resolve(undefined));
    const connectionClosed = () => {
      noteThatCallerLeft(ctx);
      resolve(undefined);
    };
    res.once('close', connectionClosed);
    // Behind others on its connection: until Node 24 such a response is not told when that closes.
    if (res.socket === null) onConnectionClose(req.socket, res, { connectionClosed });
    const returned = middleware(req, res, (error) => {
      if (error === undefined || error === null) resolve(true);
      else reject(error);
    });
    if (returned instanceof Promise) returned.catch(reject);
  });
}
