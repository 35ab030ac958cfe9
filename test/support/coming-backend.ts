import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { lastingPort } from './lasting-ports.ts';

/** A backend that can stop listening, and listen again at the same URL. */
export interface ComingBackend {
  readonly url: string;
  readonly listens: boolean;
  come(): Promise<void>;
  /** Stops listening, and breaks off all that it has, or only what is idle. */
  go(how: 'at once' | 'when it has answered'): void;
}

export async function startComingBackend(listener: RequestListener): Promise<ComingBackend> {
  const server = createServer((request, response) => {
    // A server that goes keeps no connection.
    if (!server.listening) response.shouldKeepAlive = false;
    listener(request, response);
  });
  const listen = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const port = await lastingPort();
  await listen();
  const backend: ComingBackend = {
    url: `http://127.0.0.1:${port}`,
    get listens() {
      return server.listening;
    },
    async come() {
      if (!server.listening) await listen();
    },
    go(how) {
      if (server.listening) server.close();
      if (how === 'at once') server.closeAllConnections();
    },
  };
  onTestFinished(() => backend.go('at once'));
  return backend;
}
