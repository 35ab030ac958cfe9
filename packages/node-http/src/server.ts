import type { Server } from 'node:http';
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

/** Stops the server; one that does not listen any more is closed already. */
export function closeServer(server: Server, clock: Clock): ClosingServer {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let timer: Timer | undefined;
  const closeIdle = () => {
    server.closeIdleConnections();
    timer = clock.setTimer(closeIdle, IDLE_CHECK_MS);
  };
  server.close(() => {
    timer?.cancel();
    timer = undefined;
    resolve();
  });
  closeIdle();
  return {
    closed,
    async cut() {
      // What was answered in this very tick must still be written.
      await new Promise((written) => setImmediate(written));
      timer?.cancel();
      server.closeAllConnections();
      await closed;
    },
  };
}
