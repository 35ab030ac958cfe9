import { AsyncResource } from 'node:async_hooks';
import { type ProblemError, read } from '@spillway/core';
import {
  createForward,
  createUpgrade,
  type Forward,
  type HttpPool,
  type ProxyHost,
  type Upgrading,
} from '@spillway/node-http';
import type { Request, RequestHandler } from 'express';
import { callOnReject, type OnReject } from './reject.ts';

export interface ProxyOptions {
  /** @defaultValue the one given to `createSpillway` */
  readonly onReject?: OnReject | undefined;
}

const readOptions = read.object<ProxyOptions>({
  onReject: read.optional(read.callable<OnReject>()),
});

/** Middleware that forwards every request that reaches it through the pool. */
export function proxy(pool: HttpPool, options: ProxyOptions): RequestHandler & Upgrading {
  const { onReject } = readOptions(options, 'proxy');
  return Object.assign(forwarding(createForward(pool), onReject), {
    upgrade: createUpgrade(pool, trustsPeer),
  });
}

function forwarding(forward: Forward, onReject: OnReject | undefined): RequestHandler {
  if (onReject === undefined) {
    const host: ProxyHost = { trustsPeer };
    return function spillwayProxy(req, res, next) {
      forward(req, res, host, next);
    };
  }
  return function spillwayProxy(req, res, next) {
    // In the context of this request, and not of the one whose socket brings the problem about.
    const onProblem = AsyncResource.bind((error: ProblemError) =>
      callOnReject(onReject, error, req, res, next),
    );
    forward(req, res, { trustsPeer, onProblem }, next);
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
