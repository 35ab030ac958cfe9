import { type ProblemError, read } from '@spillway/core';
import {
  createForward,
  createUpgrade,
  type Forward,
  type HttpPool,
  type ProxyHost,
  type Upgrading,
} from '@spillway/node-http';
import type { Context, Middleware, Next } from 'koa';
import type { OnReject } from './reject.ts';

export interface ProxyOptions {
  /** @defaultValue the one given to `createSpillway` */
  readonly onReject?: OnReject | undefined;
}

const readOptions = read.object<ProxyOptions>({
  onReject: read.optional(read.callable<OnReject>()),
});

/** Middleware that forwards every request that reaches it through the pool. */
export function proxy(pool: HttpPool, options: ProxyOptions): Middleware & Upgrading {
  const { onReject } = readOptions(options, 'proxy');
  const forward = createForward(pool);
  async function spillwayProxy(ctx: Context, next: Next): Promise<void> {
    const { respond } = ctx;
    const { statusCode } = ctx.res;
    ctx.respond = false;
    // A handler among the backends finds a response as Node makes them, and not Koa's 404.
    ctx.res.statusCode = 200;
    let end: End;
    try {
      end = await forwarded(forward, ctx, onReject !== undefined);
    } catch (error) {
      ctx.respond = respond;
      throw error;
    }
    if (end === undefined) return;
    ctx.respond = respond;
    if (!ctx.res.headersSent) ctx.res.statusCode = statusCode;
    if (end === 'passed on') await next();
    else await onReject?.(end, ctx, next);
  }
  return Object.assign(spillwayProxy, { upgrade: createUpgrade(pool, () => false) });
}

/** What is still to be done: the caller is told of a problem, or served by what comes next. */
type End = ProblemError | 'passed on' | undefined;

/**
 * Settles when the exchange is over, so that middleware before this one goes on only then: with the
 * problem if `rejects`, and the caller is still to be told of it.
 */
function forwarded(forward: Forward, ctx: Context, rejects: boolean): Promise<End> {
  return new Promise((resolve, reject) => {
    const host: ProxyHost = {
      // Koa's own setting `proxy` decides.
      trustsPeer: () => ctx.app.proxy,
      onProblem: rejects ? resolve : undefined,
      onOver() {
        if (ctx.socket.destroyed) noteThatCallerLeft(ctx);
        resolve(undefined);
      },
      view: ctx.request,
    };
    forward(ctx.req, ctx.res, host, (error) => {
      if (error === undefined) {
        resolve('passed on');
        return;
      }
      // Koa leaves an answer alone that has begun.
      if (ctx.res.headersSent) ctx.res.destroy();
      reject(error);
    });
  });
}

/** For the logs of middleware before, which would tell of Koa's 404. nginx has it as 499, too. */
function noteThatCallerLeft({ res }: Context): void {
  if (!res.headersSent) res.statusCode = 499;
}
