import { type ProblemError, read } from '@spillway/core';
import { createForward, type HttpPool } from '@spillway/node-http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Takes over the answer to a request that no backend could answer; it must end the response or call `next`. */
export type OnReject = (
  error: ProblemError,
  req: Request,
  res: Response,
  next: NextFunction,
) => void;

export interface ProxyOptions {
  /** @defaultValue the one given to `createSpillway` */
  readonly onReject?: OnReject | undefined;
}

const readOptions = read.object<ProxyOptions>({
  onReject: read.optional(read.callable<OnReject>()),
});

/** Middleware that forwards every request that reaches it through the pool. */
export function proxy(pool: HttpPool, options: ProxyOptions): RequestHandler {
  const { onReject } = readOptions(options, 'proxy');
  const forward = createForward(pool, trustsPeer);
  if (onReject === undefined) {
    return function spillwayProxy(req, res) {
      forward(req, res);
    };
  }
  return function spillwayProxy(req, res, next) {
    forward(req, res, (error) => {
      // Called from a socket's event, where nobody else would catch what it throws.
      try {
        const result: unknown = onReject(error, req, res, next);
        if (result instanceof Promise) result.catch(next);
      } catch (thrown) {
        next(thrown);
      }
    });
  };
}

/** Express's own setting `trust proxy` decides. */
function trustsPeer(request: unknown): boolean {
  const { app, socket } = request as Request;
  const trust = app?.get('trust proxy fn') as
    | ((address: string, hop: number) => boolean)
    | undefined;
  return trust?.(socket.remoteAddress ?? '', 0) ?? false;
}
