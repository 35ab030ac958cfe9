import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { RejectedError } from '@spillway/core';
import type { TrustsPeer } from '../headers.ts';
import type { HttpPool } from '../http-pool.ts';
import { sendProblem } from '../problem.ts';
import { takeConnection, UpgradeExchange } from './upgrade-exchange.ts';

/** What a proxy can do beside serving requests. */
export interface Upgrading {
  /**
   * Forwards WebSockets through the pool: for the `upgrade` event of the server. The backend is chosen as
   * for any request (affinity counts), one that refuses (429, 503, no connection) is followed by the
   * next, and an open socket counts as running at its backend until it closes. The path is that of
   * the request as a whole, for nothing is mounted.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc6455#section-4 | RFC 6455 §4}
   * @example
   * server.on('upgrade', proxy.upgrade);
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The listener of a server's `upgrade` event that sends WebSockets through the pool. */
export function createUpgrade(pool: HttpPool, trustsPeer: TrustsPeer): Upgrading['upgrade'] {
  const host = { trustsPeer };
  return function upgrade(request, socket, head) {
    const response = takeConnection(socket, request);
    if (response === undefined) return;
    const fault = upgradeFault(request);
    if (fault !== undefined) {
      const problem = new RejectedError('bad_request', { policy: pool.name, detail: fault });
      pool.rejected(problem.code);
      sendProblem(response, problem);
      return;
    }
    try {
      new UpgradeExchange(pool, request, response, socket, head, host).start();
    } catch (error) {
      // A function of the application's, which for other requests would fail that request alone.
      response.writeHead(500).end();
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
}

/**
 * Other protocols are not let through: what is said in them nobody in front of the backend would
 * see, as when HTTP/2 is smuggled past rules by `h2c`.
 */
export function upgradeFault({ method, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET') return 'only GET can switch protocols';
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 'only WebSockets are switched to';
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0) {
    return 'a request that switches protocols has no body';
  }
  return undefined;
}
