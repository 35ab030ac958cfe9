import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dashboard } from '@spillway/dashboard';
import { createSpillway, type PoolOptions, type Spillway } from '@spillway/express';
import express from 'express';
import type { BrowserContextOptions } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Says who a browser is; a service has its own way. */
const USER = 'x-user';

export const ADA: BrowserContextOptions = { extraHTTPHeaders: { [USER]: 'Ada' } };
export const VIC: BrowserContextOptions = { extraHTTPHeaders: { [USER]: 'Vic' } };

/** A service with one pool and the control room, until the test has ended. */
export interface RealRoom {
  readonly url: string;
  readonly spillway: Spillway;
  readonly pool: ReturnType<Spillway['pool']>;
  /** That many requests, one after another; gives their statuses. */
  ask(count: number): Promise<number[]>;
}

/** Ada is an operator, Vic a viewer, and nobody else is let in. */
export async function realRoom(name: string, options: PoolOptions): Promise<RealRoom> {
  const spillway = createSpillway();
  const pool = spillway.pool(name, options);
  const app = express();
  app.use(
    '/spillway',
    dashboard(spillway, {
      authorize({ headers: { [USER]: user } }) {
        if (user === 'Ada') return { name: user, role: 'operator' };
        return user === 'Vic' ? { name: user, role: 'viewer' } : undefined;
      },
    }),
  );
  app.use('/api', spillway.proxy(pool));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await spillway.shutdown({ server, timeoutMs: 0 });
  });
  return {
    url: `${origin}/spillway`,
    spillway,
    pool,
    async ask(count) {
      const statuses: number[] = [];
      for (let index = 0; index < count; index++) {
        const response = await fetch(`${origin}/api/items/${index}`);
        await response.arrayBuffer();
        statuses.push(response.status);
      }
      return statuses;
    },
  };
}
