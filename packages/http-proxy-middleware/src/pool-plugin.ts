import type { HttpPool } from '@spillway/node-http';
import {
  debugProxyErrorsPlugin,
  loggerPlugin,
  type Options,
  type Plugin,
} from 'http-proxy-middleware';
import { PoolForwarder } from './pool-forwarder.ts';
import type { ProxyServer } from './proxy-server.ts';

/** Stands for the pool until a backend is chosen; `.invalid` never resolves (RFC 6761 §6.4). */
export const POOL_TARGET = new URL('http://pool.invalid');

/** The last plugin: puts the pool between http-proxy-middleware and its server. */
export function poolPlugin(pool: HttpPool, options: Options): Plugin {
  return function spillwayPool(server) {
    const { web, ws } = server;
    // Without any, an error that is told would be thrown.
    server.on('error', () => {});
    const forwarder = new PoolForwarder(pool, server, options, onlookersOf(server, options) + 1);
    server.web = (request, response, given = {}) => {
      const byRouter = given.target !== POOL_TARGET;
      return byRouter ? web(request, response, given) : forwarder.web(request, response, given);
    };
    server.ws = (request, socket, given, head: Buffer) => {
      const byRouter = given.target !== POOL_TARGET;
      return byRouter
        ? ws(request, socket, given, head)
        : forwarder.ws(request, socket, given, head);
    };
  };
}

/** How many of the listeners for errors are those of http-proxy-middleware, which answer nothing. */
function onlookersOf(server: ProxyServer, options: Options): number {
  if (options.ejectPlugins) return 0;
  const scratch = new (server.constructor as new () => ProxyServer)();
  if (process.env.DEBUG) debugProxyErrorsPlugin(scratch, options);
  if (options.logger) loggerPlugin(scratch, options);
  return scratch.listenerCount('error');
}
