import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';

/** A backend that can stop listening, and listen again at the same URL. */
export interface ComingBackend {
  readonly url: string;
  readonly listens: boolean;
  come(): Promise<void>;
  /** Stops listening, and breaks off all that it has, or only what is idle. */
  go(how: 'at once' | 'when it has answered'): void;
}

/**
 * Below the ports that systems give to those who ask for any, so that nobody else gets this one while
 * it is free, and no connection to it can come from itself.
 */
const PORTS = [20_000, 30_000] as const;

export async function startComingBackend(listener: RequestListener): Promise<ComingBackend> {
  const server = createServer((request, response) => {
    // A server that goes keeps no connection.
    if (!server.listening) response.shouldKeepAlive = false;
    listener(request, response);
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  let port = randomInt(...PORTS);
  for (let tries = 0; !server.listening; tries++) {
    try {
      await listen(port);
    } catch (error) {
      if (tries === 20) throw error;
      port = randomInt(...PORTS);
    }
  }
  const backend: ComingBackend = {
    url: `http://127.0.0.1:${port}`,
    get listens() {
      return server.listening;
    },
    async come() {
      if (!server.listening) await listen(port);
    },
    go(how) {
      if (server.listening) server.close();
      if (how === 'at once') server.closeAllConnections();
    },
  };
  onTestFinished(() => backend.go('at once'));
  return backend;
}
