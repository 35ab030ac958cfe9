import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpPool } from '@spillway/node-http';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import { noteNext } from './client-exchange.ts';
import { type PoolProxyOptions, readPoolOptions } from './pool-options.ts';

/**
 * `createProxyMiddleware` with a pool in place of its target: everything that http-proxy-middleware
 * does, at the backend that the pool chooses, and at the next one where that refuses.
 *
 * What is left when no backend's answer can be had goes to `next(error)`, with `status` and `code`,
 * unless `on.error` is there to answer it.
 *
 * @param pool one that was made by `spillway.pool()`
 * @throws ConfigurationError when `pool` is none
 * @see {@link https://github.com/chimurai/http-proxy-middleware#readme | its options}
 * @example
 * app.use('/api', createPoolProxyMiddleware(pool, { changeOrigin: true, pathRewrite: { '^/v1': '' } }));
 */
export function createPoolProxyMiddleware<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
>(
  pool: HttpPool,
  options: PoolProxyOptions<Request, Response> = {},
): RequestHandler<Request, Response> {
  const middleware = createProxyMiddleware(
    readPoolOptions('createPoolProxyMiddleware', pool, options),
  );
  const poolProxy = (request: Request, response: Response, next?: (error?: unknown) => void) => {
    noteNext(request, next);
    return middleware(request, response, next);
  };
  return Object.assign(poolProxy, { upgrade: middleware.upgrade });
}
