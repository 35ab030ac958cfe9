import { createServer, type Server } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import type { AdapterHost, HostApp, HostSpillway, HostSpillwayOptions } from './adapter-host.ts';
import { listenOnOwnPort } from './own-port.ts';
import { until } from './until.ts';

export interface ServedApp {
  readonly origin: string;
  readonly server: Server;
  readonly app: HostApp;
  readonly spillway: HostSpillway;
  /** Resolves when nothing runs or waits at any gate. */
  settled(): Promise<void>;
}

/** An application on loopback, which must come to rest by itself before the test ends. */
export async function serveApp(
  host: AdapterHost,
  build: (app: HostApp, spillway: HostSpillway) => void,
  options: HostSpillwayOptions = {},
): Promise<ServedApp> {
  const spillway = host.createSpillway(options);
  const app = host.createApp();
  build(app, spillway);
  const server = createServer(app.listener());
  const port = await listenOnOwnPort(server);
  const settled = () =>
    until(() => {
      const gates = Object.values(spillway.status().gates);
      expect(gates.map(({ running, waiting }) => ({ running, waiting }))).toEqual(
        gates.map(() => ({ running: 0, waiting: 0 })),
      );
    });
  onTestFinished(async () => {
    try {
      await settled();
    } finally {
      server.closeAllConnections();
      await spillway.shutdown({ server, timeoutMs: 0 });
    }
  });
  const origin = `http://127.0.0.1:${port}`;
  return { origin, server, app, spillway, settled };
}
