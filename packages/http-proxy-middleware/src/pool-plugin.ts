import type { HttpPool } from '@spillway/node-http';
import type { Options, Plugin } from 'http-proxy-middleware';
import { PoolForwarder } from './pool-forwarder.ts';
import type { ProxyServer } from './proxy-server.ts';

/** Stands for the pool until a backend is chosen; `.invalid` never resolves (RFC 6761 §6.4). */
export const POOL_TARGET = new URL('http://pool.invalid');

/**
 * The last plugin: puts the pool between http-proxy-middleware and its server.
 * @param defaults those plugins before it that are http-proxy-middleware's own
 */
export function poolPlugin(pool: HttpPool, options: Options, defaults: readonly Plugin[]): Plugin {
  return function spillwayPool(server) {
    const { web, ws } = server;
    // Without any, an error that is told would be thrown.
    server.on('error', () => {});
    const onlookers = onlookersOf(server, options, defaults) + 1;
    const forwarder = new PoolForwarder(pool, server, options, onlookers);
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

/** How many listeners for errors are those of http-proxy-middleware's own plugins, which answer nothing. */
function onlookersOf(server: ProxyServer, options: Options, defaults: readonly Plugin[]): number {
  const scratch = new (server.constructor as new () => ProxyServer)();
  const { on: _, ...others } = options;
  for (const plugin of defaults) plugin(scratch, others);
  return scratch.listenerCount('error');
}
