import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ShutdownOptions } from '@spillway/express';
import { onTestFinished } from 'vitest';

interface Recipe {
  /** Express's or Koa's. */
  readonly app: { listen(port: number, host: string): Server };
  readonly spillway: { shutdown(options: ShutdownOptions): Promise<void> };
}

/** Serves a recipe's application on loopback until the test has ended; gives its origin. */
export async function serveRecipe({ app, spillway }: Recipe): Promise<string> {
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => spillway.shutdown({ server, timeoutMs: 0 }));
  return originOf(server);
}

export async function originOf(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
