import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startBackend } from '@spillway/test/support/backend.ts';
import { expect, it, vi } from 'vitest';
import { createJobs } from './core-example.ts';
import { createGateway } from './node-http-example.ts';

it('@spillway/core: jobs spill over, and breakers hold', async () => {
  const statuses: Record<string, number> = { ptu: 429, payg: 200 };
  const asked: string[] = [];
  const breaker = { failureCount: 1 };
  const run = createJobs(
    {
      backends: [
        { id: 'ptu', url: 'http://ptu', priority: 1, breaker },
        { id: 'payg', url: 'http://payg', priority: 2, breaker },
      ],
    },
    async ({ hostname }) => {
      asked.push(hostname);
      return statuses[hostname] ?? 500;
    },
  );
  expect(await run()).toBe(200);
  expect(await run()).toBe(200);
  expect(asked).toEqual(['ptu', 'payg', 'payg']);
  statuses.payg = 429;
  expect(await run()).toBe(429);
  await expect(run()).rejects.toMatchObject({ code: 'no_backend', status: 429 });
});

it('@spillway/node-http: a gateway without a framework', async () => {
  vi.spyOn(console, 'warn');
  const stable = await startBackend();
  const canary = await startBackend();
  const { engine, server, stop } = createGateway(stable.url, canary.url);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let count = 0; count < 20; count++) {
    const answer = await fetch(`http://127.0.0.1:${port}/items?page=${count}`);
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  }
  expect(stable.received.length + canary.received.length).toBe(20);
  expect(stable.received.length).toBeGreaterThanOrEqual(18);
  expect(engine.status().pools.api?.running).toBe(0);
  await stop();
  expect(server.listening).toBe(false);
});
