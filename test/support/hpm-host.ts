import { ProblemError } from '@spillway/core';
import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import { type ConnectMiddleware, fromConnect } from '@spillway/koa';
import { sendProblem } from '@spillway/node-http';
import type { ErrorRequestHandler } from 'express';
import type Koa from 'koa';
import type { AdapterHost, Middleware } from './adapter-host.ts';

/** The proxy with what answers its errors, as an application has both. */
type Answering = (proxy: ConnectMiddleware, onReject: Middleware) => object;

/** Express whose `proxy` is http-proxy-middleware with a pool. */
export function hpmOnExpress(host: AdapterHost): AdapterHost {
  return hpmHost(host, (proxy, onReject) => {
    const answer = onReject as ErrorRequestHandler | undefined;
    const onError: ErrorRequestHandler = (error, request, response, next) => {
      if (!(error instanceof ProblemError)) next(error);
      else if (answer === undefined) sendProblem(response, error);
      else return answer(error, request, response, next);
    };
    return [proxy, onError];
  });
}

/** Koa whose `proxy` is http-proxy-middleware with a pool. */
export function hpmOnKoa(host: AdapterHost): AdapterHost {
  return hpmHost(host, (proxy, onReject) => {
    if (onReject === undefined) {
      return fromConnect((request, response, next) =>
        proxy(request, response, (error) => {
          if (error instanceof ProblemError) sendProblem(response, error);
          else next(error);
        }),
      );
    }
    const answers = onReject as (error: ProblemError, ctx: Koa.Context, next: Koa.Next) => unknown;
    const forwards = fromConnect(proxy);
    const middleware: Koa.Middleware = async (ctx, next) => {
      try {
        await forwards(ctx, next);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        await answers(error, ctx, next);
      }
    };
    return middleware;
  });
}

function hpmHost(host: AdapterHost, answering: Answering): AdapterHost {
  return {
    ...host,
    createSpillway(options) {
      const spillway = host.createSpillway(options);
      // Changed, and not copied: other packages look for more on it than its calls.
      return Object.assign(spillway, {
        proxy(pool, { onReject = options?.onReject } = {}) {
          const proxy = createPoolProxyMiddleware(pool, { changeOrigin: true, xfwd: true });
          const middleware = answering(proxy as ConnectMiddleware, onReject);
          return Object.assign(middleware, { upgrade: proxy.upgrade }) as never;
        },
      } satisfies Partial<typeof spillway>);
    },
  };
}
