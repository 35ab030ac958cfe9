import { ProblemError } from '@spillway/core';
import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import { type ConnectMiddleware, fromConnect } from '@spillway/koa';
import { sendProblem } from '@spillway/node-http';
import type { AdapterHost } from './adapter-host.ts';

/** A framework whose `proxy` is http-proxy-middleware with a pool. */
export function hpmHost(host: AdapterHost, framework: 'express' | 'koa'): AdapterHost {
  return {
    ...host,
    createSpillway(options) {
      const spillway = host.createSpillway(options);
      return {
        ...spillway,
        proxy(pool) {
          const proxy = createPoolProxyMiddleware(pool, { changeOrigin: true, xfwd: true });
          const answering: ConnectMiddleware = (request, response, next) =>
            proxy(request, response, (error) => {
              if (error instanceof ProblemError) sendProblem(response, error);
              else next(error);
            });
          const middleware = framework === 'koa' ? fromConnect(answering) : answering;
          return Object.assign(middleware, { upgrade: proxy.upgrade }) as never;
        },
      };
    },
  };
}
