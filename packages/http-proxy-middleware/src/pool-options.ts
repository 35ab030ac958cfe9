import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigurationError } from '@spillway/core';
import { HttpPool } from '@spillway/node-http';
import {
  debugProxyErrorsPlugin,
  loggerPlugin,
  type Options,
  type Plugin,
  proxyEventsPlugin,
} from 'http-proxy-middleware';
import { POOL_TARGET, poolPlugin } from './pool-plugin.ts';

/**
 * Those of http-proxy-middleware 4. `target` is the pool's, and one that is given has no effect; what
 * `router` finds for a request goes there, past the pool.
 */
export type PoolProxyOptions<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
> = Options<Request, Response>;

/**
 * The options for a `createProxyMiddleware` that is to use a pool.
 *
 * @param options those that it had before
 * @throws ConfigurationError when `pool` was not made by `spillway.pool()`, or an option cannot be
 * what it is
 * @example
 * createProxyMiddleware(poolOptions(pool, { changeOrigin: true }));
 */
export function poolOptions<
  Request extends IncomingMessage = IncomingMessage,
  Response extends ServerResponse = ServerResponse,
>(pool: HttpPool, options: PoolProxyOptions<Request, Response> = {}): Options<Request, Response> {
  return readPoolOptions('poolOptions', pool, options);
}

/** {@link poolOptions}, for the call that a user has made. */
export function readPoolOptions<Request extends IncomingMessage, Response extends ServerResponse>(
  call: string,
  pool: HttpPool,
  options: PoolProxyOptions<Request, Response>,
): Options<Request, Response> {
  if (!(pool instanceof HttpPool)) {
    throw new ConfigurationError(call, "must be given a pool made by 'spillway.pool()'", pool);
  }
  const { ejectPlugins = false, plugins = [], headers } = options;
  for (const name of Object.keys(headers ?? {})) {
    if (name.toLowerCase() !== 'expect') continue;
    throw new ConfigurationError(`${call}.headers`, "must not have 'expect'", headers?.[name]);
  }
  // Those that it has by default, but for the one that answers errors as plain text, and those that
  // would work for every request to tell nobody.
  const debugging = process.env.DEBUG ? [debugProxyErrorsPlugin] : [];
  const logging = options.logger ? [loggerPlugin] : [];
  const defaults = ejectPlugins ? [] : [...debugging, proxyEventsPlugin, ...logging];
  return {
    ...options,
    target: POOL_TARGET,
    ejectPlugins: true,
    plugins: [
      ...(defaults as unknown as Plugin<Request, Response>[]),
      ...plugins,
      poolPlugin(pool, options as unknown as Options, defaults) as unknown as Plugin<
        Request,
        Response
      >,
    ],
  };
}
