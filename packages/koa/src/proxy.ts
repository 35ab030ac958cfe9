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
import { noteThatCallerLeft, takeOver } from './take-over.ts';

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
    const end = await takeOver(ctx, () => forwarded(forward, ctx, onReject !== undefined));
    if (end === undefined) return;
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
        noteThatCallerLeft(ctx);
        resolve(undefined);
      },
      view: ctx.request,
    };
    forward(ctx.req, ctx.res, host, (error) => {
      if (error === undefined) resolve('passed on');
      else reject(error);
    });
  });
}
