import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Clock, Timer } from '@spillway/core';

/** How often connections that have become idle are looked for, in milliseconds. */
const IDLE_CHECK_MS = 50;

/** A server that accepts no more connections and loses those it has as they fall idle. */
export interface ClosingServer {
  /** Resolves when the last connection is gone. */
  readonly closed: Promise<void>;
  /** Ends every connection that is left. */
  cut(): Promise<void>;
}

/**
 * Stops the server; one that does not listen any more is closed already.
 * @param isFlushing whether answers are on their way: to Node their connections are idle already,
 * and closing those would cut the answers off
 */
export function closeServer(
  server: Server,
  clock: Clock,
  isFlushing: () => boolean,
): ClosingServer {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let timer: Timer | undefined;
  const closeIdle = () => {
    if (!isFlushing()) server.closeIdleConnections();
    timer = clock.setTimer(closeIdle, IDLE_CHECK_MS);
  };
  const onClosed = () => {
    timer?.cancel();
    timer = undefined;
    resolve();
  };
  // That of HTTP closes idle connections, too.
  if (isFlushing() && server instanceof NetServer) NetServer.prototype.close.call(server, onClosed);
  else server.close(onClosed);
  closeIdle();
  return {
    closed,
    async cut() {
      // What was answered in this very tick must still be written.
      await new Promise((written) => setImmediate(written));
      timer?.cancel();
      server.closeAllConnections();
      // Upgraded connections are the application's: they are not waited for.
      await Promise.race([closed, new Promise((turn) => setImmediate(turn))]);
    },
  };
}
