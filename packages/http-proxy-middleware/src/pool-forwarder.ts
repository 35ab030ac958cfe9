import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RejectedError } from '@spillway/core';
import { type HttpPool, takeConnection, upgradeFault } from '@spillway/node-http';
import type { Options } from 'http-proxy-middleware';
import { exchangeOf } from './client-exchange.ts';
import { Forwarding } from './forwarding.ts';
import { judgePath } from './judged-path.ts';
import { attemptServer, type ProxyServer } from './proxy-server.ts';
import { SocketExchange } from './socket-exchange.ts';
import { WebExchange } from './web-exchange.ts';

/** In a pool's place, the server that http-proxy-middleware hands its requests to. */
export class PoolForwarder {
  readonly #forwarding: Forwarding;

  /** @param onlookers how many listeners for errors only write them down */
  constructor(pool: HttpPool, original: ProxyServer, options: Options, onlookers: number) {
    const attempts = attemptServer(original, (error, request, target) => {
      exchangeOf(request)?.httpxyFailed(error, target);
    });
    this.#forwarding = new Forwarding(pool, original, attempts, options, onlookers);
  }

  web(request: IncomingMessage, response: ServerResponse, options: Options): Promise<void> {
    const fault = judgePath(request, options);
    // This hop has said it already, and httpxy tells nobody of a request that asks for it again.
    if (request.headers.expect !== undefined) delete request.headers.expect;
    const exchange = new WebExchange(this.#forwarding, request, response, options);
    if (fault !== undefined) return exchange.decline(this.#badRequest(fault));
    return exchange.serve();
  }

  ws(request: IncomingMessage, socket: Socket, options: Options, head: Buffer): Promise<void> {
    const response = takeConnection(socket, request);
    if (response === undefined) return Promise.resolve();
    const fault = upgradeFault(request) ?? judgePath(request, options);
    // Its own would destroy the caller's socket with the attempt.
    delete options.upgradeTimeout;
    try {
      const forwarding = this.#forwarding;
      const exchange = new SocketExchange(forwarding, request, response, socket, head, options);
      if (fault !== undefined) return exchange.decline(this.#badRequest(fault));
      return exchange.serve();
    } catch (error) {
      response.writeHead(500).end();
      throw error;
    }
  }

  #badRequest(detail: string): RejectedError {
    return new RejectedError('bad_request', { policy: this.#forwarding.pool.name, detail });
  }
}
