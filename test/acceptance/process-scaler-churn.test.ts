import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type InstanceStatus, type ProcessScaler, processScaler } from '@spillway/autoscale';
import { createSpillway } from '@spillway/express';
import { until } from '@spillway/test/support/until.ts';
import express from 'express';
import { expect, it } from 'vitest';

const ROUNDS = 20;
const CALLERS = 6;

const pidsOf = (scaler: Pick<ProcessScaler, 'status'>) =>
  scaler.status().instances.map(({ pid }) => pid as number);

it('scales out and in 20 times under load, with kills, and loses no request', {
  timeout: 120_000,
}, async () => {
  const spillway = createSpillway();
  const scaler = processScaler({
    module: join(import.meta.dirname, 'autoscale-service.fixture.ts'),
    pool: (backends) => spillway.pool('service', { backends }),
    env: { WORK_MS: '10' },
    execArgv: [],
    probeMs: 20,
  });
  const pids = new Set<number>();
  let deaths = 0;
  scaler.on('join', ({ pid }) => void pids.add(pid as number));
  scaler.on('die', () => void deaths++);
  await scaler.scaleTo(1);

  const app = express();
  app.use(spillway.proxy(scaler.pool));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  let isOver = false;
  const statuses: Record<string, number> = {};
  const served = new Set<number>();
  /** A POST that is cut off is not made again elsewhere: there are none while instances are killed. */
  let maySendPosts = true;
  let posts = 0;
  async function call(): Promise<void> {
    for (let count = 0; !isOver; count++) {
      const method = maySendPosts && count % 2 === 0 ? 'POST' : 'GET';
      if (method === 'POST') posts++;
      let status = 'no answer';
      try {
        const answer = await fetch(`${origin}/pid`, { method });
        served.add(Number(await answer.text()));
        status = String(answer.status);
      } catch {}
      if (method === 'POST') posts--;
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  }
  const callers = Array.from({ length: CALLERS }, call);
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      await scaler.scaleTo(round % 5 === 0 ? 3 : 2);
      await until(() => expect([...pidsOf(scaler)].filter((pid) => !served.has(pid))).toEqual([]));
      if (round % 5 === 0) {
        maySendPosts = false;
        await until(() => expect(posts).toBe(0));
        const joined = once(scaler, 'join');
        // Killed in the middle of its work; two are left to take that over.
        const [, { id, pid }] = scaler.status().instances as [InstanceStatus, InstanceStatus];
        const backend = () => scaler.pool.status().backends.find((each) => each.id === id);
        await until(() => expect(backend()?.running).toBeGreaterThan(0));
        process.kill(pid as number, 'SIGKILL');
        await joined;
        maySendPosts = true;
      }
      await scaler.scaleTo(1);
    }
  } finally {
    isOver = true;
    await Promise.all(callers);
    server.closeAllConnections();
    await spillway.shutdown({ server });
    await scaler.close();
  }
  expect(Object.keys(statuses)).toEqual(['200']);
  expect(statuses['200']).toBeGreaterThan(ROUNDS * CALLERS);
  expect(deaths).toBe(ROUNDS / 5);
  // As many as were to be started, and none is left.
  expect(pids.size).toBe(1 + ROUNDS + 2 * (ROUNDS / 5));
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  expect([...pids].filter(isAlive)).toEqual([]);
});
