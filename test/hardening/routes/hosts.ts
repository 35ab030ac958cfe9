import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import Koa2 from 'koa2';
import type { AdapterHost, Middleware } from '../../support/adapter-host.ts';
import { expressHost } from '../../support/express-host.ts';
import { koaHost } from '../../support/koa-host.ts';

export const hosts: [name: string, host: AdapterHost][] = [
  ['Express 5', expressHost(express)],
  ['Express 4', expressHost(express4)],
  ['Koa 3', koaHost(Koa)],
  ['Koa 2', koaHost(Koa2)],
];

/** Middleware of the application, between two policies: does this, then goes on, whatever becomes of it. */
export function between(
  host: AdapterHost,
  work: (signal: AbortSignal) => Promise<unknown>,
): Middleware {
  if (host.settles) {
    return async (ctx: Koa.Context, next: Koa.Next) => {
      await work(ctx.state.spillway.signal).catch(() => {});
      await next();
    };
  }
  return (req: express.Request, _res: express.Response, next: express.NextFunction) => {
    const go = () => next();
    work(req.spillway.signal).then(go, go);
  };
}

export const turn = () => new Promise((resolve) => setImmediate(resolve));
export async function turns(count = 20): Promise<void> {
  for (let index = 0; index < count; index++) await turn();
}

export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
