import { createServer, type Server } from 'node:http';
import type { BackendOptions, PoolOptions } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';
import { expect, onTestFinished } from 'vitest';
import type { AdapterHost, HostApp, HostSpillway, HostSpillwayOptions } from './adapter-host.ts';
import { type Answer, startBackend, type TestBackend } from './backend.ts';
import { listenOnOwnPort } from './own-port.ts';
import { until, within } from './until.ts';

export interface Mounting {
  readonly app: HostApp;
  readonly spillway: HostSpillway;
  readonly pool: HttpPool;
}

export interface ServeOptions<Ids extends string> {
  /** By id, in order of priority: the first is used first, the next when it cannot take a request. */
  readonly backends: Readonly<Record<Ids, Answer>>;
  /** Of single backends, beside id, url and priority. */
  readonly each?: Partial<Record<Ids, Partial<BackendOptions>>>;
  readonly pool?: Partial<PoolOptions>;
  /** The path of every backend's URL. */
  readonly base?: string;
  readonly spillway?: HostSpillwayOptions;
  /** @defaultValue the proxy alone, at `/` */
  readonly app?: (mounting: Mounting) => void;
}

/** An application with a pool, listening on loopback, that tidies up after the test. */
export interface Served<Ids extends string> extends Mounting {
  readonly origin: string;
  readonly server: Server;
  readonly backends: Readonly<Record<Ids, TestBackend>>;
  /** How many requests each backend has received. */
  counts(): Record<string, number>;
  /** Resolves when no attempt runs and no request waits. */
  settled(): Promise<void>;
}

/** Starts everything; when the test has ended nothing may be left running. */
export async function serve<const Ids extends string>(
  host: AdapterHost,
  options: ServeOptions<Ids>,
): Promise<Served<Ids>> {
  const backends = {} as Record<Ids, TestBackend>;
  const ids = Object.keys(options.backends) as Ids[];
  for (const id of ids) backends[id] = await startBackend(options.backends[id], host.certificate);
  const spillway = host.createSpillway(options.spillway);
  const pool = spillway.pool('chat', {
    ...options.pool,
    backends: ids.map((id, index) => ({
      id,
      url: backends[id].url + (options.base ?? ''),
      priority: index + 1,
      ...options.each?.[id],
    })),
  });
  const app = host.createApp();
  if (options.app) options.app({ app, spillway, pool });
  else app.mount('/', spillway.proxy(pool));
  const server = createServer(app.listener());
  const port = await listenOnOwnPort(server);
  const settled = async () => {
    await until(() => {
      for (const { id, running } of pool.status().backends) expect([id, running]).toEqual([id, 0]);
      expect(pool.status().waiting).toBe(0);
    });
    await within(3_000, pool.idle());
  };
  onTestFinished(async () => {
    try {
      await settled();
    } finally {
      server.closeAllConnections();
      await spillway.shutdown({ server, timeoutMs: 0 });
    }
  });
  return {
    app,
    spillway,
    pool,
    server,
    backends,
    origin: `http://127.0.0.1:${port}`,
    counts: () => Object.fromEntries(ids.map((id) => [id, backends[id].received.length])),
    settled,
  };
}
