import { type ProblemError, read } from '@spillway/core';
import { createForward, type Forward, type HttpPool } from '@spillway/node-http';
import type { Context, Middleware } from 'koa';
import type { OnReject } from './reject.ts';

export interface ProxyOptions {
  /** @defaultValue the one given to `createSpillway` */
  readonly onReject?: OnReject | undefined;
}

const readOptions = read.object<ProxyOptions>({
  onReject: read.optional(read.callable<OnReject>()),
});

/** Middleware that forwards every request that reaches it through the pool. */
export function proxy(pool: HttpPool, options: ProxyOptions): Middleware {
  const { onReject } = readOptions(options, 'proxy');
  const forward = createForward(pool);
  return async function spillwayProxy(ctx, next) {
    const { respond } = ctx;
    ctx.respond = false;
    let problem: ProblemError | undefined;
    try {
      problem = await forwarded(forward, ctx, onReject !== undefined);
    } catch (error) {
      ctx.respond = respond;
      throw error;
    }
    if (problem === undefined) return;
    ctx.respond = respond;
    await onReject?.(problem, ctx, next);
  };
}

/**
 * Settles when the exchange is over, so that middleware before this one goes on only then: with the
 * problem if `rejects`, and the caller is still to be told of it.
 */
function forwarded(
  forward: Forward,
  ctx: Context,
  rejects: boolean,
): Promise<ProblemError | undefined> {
  return new Promise((resolve) => {
    forward(ctx.req, ctx.res, {
      // Koa's own setting `proxy` decides.
      trustsPeer: () => ctx.app.proxy,
      onProblem: rejects ? resolve : undefined,
      onOver() {
        if (ctx.socket.destroyed) noteThatCallerLeft(ctx);
        resolve(undefined);
      },
      view: ctx.request,
    });
  });
}

/** For the logs of middleware before, which would tell of Koa's 404. nginx has it as 499, too. */
function noteThatCallerLeft({ res }: Context): void {
  if (!res.headersSent) res.statusCode = 499;
}
