import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createSpillway, type HttpPool, type SpillwayOptions } from '@spillway/express';
import { answers, hangs, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import express, { type RequestHandler } from 'express';
import { expect, it, onTestFinished } from 'vitest';

type Spillway = ReturnType<typeof createSpillway>;

async function serve(
  build: (spillway: Spillway) => RequestHandler[],
  options: SpillwayOptions = {},
) {
  const spillway = createSpillway(options);
  const app = express();
  app.get('/metrics', spillway.metrics());
  for (const handler of build(spillway)) app.use(handler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await spillway.shutdown({ server, timeoutMs: 0 });
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (init?: RequestInit) => {
    const answer = await fetch(`${origin}/`, init);
    await answer.text();
    return answer.status;
  };
  return { spillway, origin, ask };
}

it('tells of a route how its callers have fared, with the time in the queue', async () => {
  const clock = new FakeClock();
  const held: (() => void)[] = [];
  const { spillway, ask, origin } = await serve(
    (spillway) => [
      spillway.limitConcurrency({ name: 'reports', maxCount: 1, maxQueueLength: 1, apdexMs: 100 }),
      (_req, res) => void held.push(() => res.end()),
    ],
    { clock },
  );
  const level = () => spillway.status().requests.reports;
  const first = ask();
  await until(() => expect(held).toHaveLength(1));
  const second = ask();
  await until(() => expect(spillway.status().gates.reports?.waiting).toBe(1));
  expect(await ask()).toBe(429);
  clock.advance(80);
  held[0]?.();
  await first;
  await until(() => expect(held).toHaveLength(2));
  clock.advance(80);
  held[1]?.();
  await second;
  await until(() => expect(level()?.total).toBe(3));
  expect(level()).toEqual({
    total: 3,
    failed: 1,
    requestsPerMinute: expect.closeTo((3 * 60_000) / 55_160, 9),
    failureRatio: expect.closeTo(1 / 3, 9),
    meanMs: expect.closeTo((0 + 80 + 160) / 3, 9),
    apdex: 0.5,
    apdexMs: 100,
  });
  clock.advance(60_000);
  expect(level()).toEqual({ total: 3, failed: 1, requestsPerMinute: 0, apdexMs: 100 });
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  expect(metrics).toContain(
    'spillway_requests_total{policy="reports",satisfaction="tolerating"} 1',
  );
  expect(metrics).toMatch(/^spillway_processor_seconds_total \d/m);
});

it('does not count callers of a route that have left, and counts those that were not answered', async () => {
  const clock = new FakeClock();
  const signals: AbortSignal[] = [];
  const { spillway, ask } = await serve(
    (spillway) => [
      spillway.protect({ name: 'search', timeoutMs: 1_000 }),
      (req, res) => {
        if (req.method === 'GET') signals.push(req.spillway.signal);
        if (req.method === 'PUT') res.destroy();
        if (req.method === 'DELETE') res.status(503).end();
      },
    ],
    { clock },
  );
  const level = () => spillway.status().requests.search;
  const leaves = new AbortController();
  const left = ask({ signal: leaves.signal }).catch(() => 'left');
  await until(() => expect(signals).toHaveLength(1));
  leaves.abort();
  expect(await left).toBe('left');
  await until(() => expect(signals[0]?.aborted).toBe(true));
  expect(level()).toMatchObject({ total: 0, failed: 0 });

  await expect(ask({ method: 'PUT' })).rejects.toThrow();
  await until(() => expect(level()).toMatchObject({ total: 1, failed: 1 }));
  expect(await ask({ method: 'DELETE' })).toBe(503);
  await until(() => expect(level()).toMatchObject({ total: 2, failed: 2 }));
  const slow = ask();
  await until(() => expect(signals).toHaveLength(2));
  clock.advance(1_000);
  expect(await slow).toBe(504);
  await until(() => expect(level()).toMatchObject({ total: 3, failed: 3, apdex: 0 }));
});

it('tells of a pool how its callers have fared, and not its attempts', async () => {
  const full = await startBackend(refuses());
  const good = await startBackend(answers(200, 'ok'));
  const { spillway, ask } = await serve((spillway) => {
    const pool = spillway.pool('chat', {
      backends: [
        { id: 'ptu', url: full.url, priority: 1 },
        { id: 'payg', url: good.url, priority: 2 },
      ],
    });
    return [spillway.proxy(pool)];
  });
  const level = () => spillway.status().requests.chat;
  for (let count = 0; count < 3; count++) expect(await ask()).toBe(200);
  await until(() => expect(level()).toMatchObject({ total: 3, failed: 0, failureRatio: 0 }));
  good.answer = answers(500);
  expect(await ask({ method: 'POST', body: 'x' })).toBe(500);
  good.answer = refuses();
  expect(await ask()).toBe(429);
  await until(() => expect(level()).toMatchObject({ total: 5, failed: 2, failureRatio: 0.4 }));

  // Nobody to tell.
  good.answer = hangs;
  const leaves = new AbortController();
  const left = ask({ signal: leaves.signal }).catch(() => 'left');
  await good.request(5);
  leaves.abort();
  await left;
  await until(() => expect(spillway.status().pools.chat?.running).toBe(0));
  expect(level()?.total).toBe(5);
  const calls = spillway.status().pools.chat?.backends.map(({ attempts }) => attempts);
  expect(calls?.[0]?.throttled).toBe(6);
});

it('counts an answer that a backend breaks off, and those that Spillway gives itself', async () => {
  const backend = await startBackend((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half of it', () => response.destroy());
  });
  const { spillway, ask } = await serve((spillway) => [
    spillway.proxy(
      spillway.pool('api', {
        backends: [{ id: 'a', url: backend.url, breaker: { failureCount: 1 } }],
      }),
    ),
  ]);
  const level = () => spillway.status().requests.api;
  await expect(ask()).rejects.toThrow();
  await until(() => expect(level()).toMatchObject({ total: 1, failed: 1 }));
  expect(await ask()).toBe(503);
  await until(() => expect(level()).toMatchObject({ total: 2, failed: 2 }));
});

it('counts requests of handlers, and those of pool.fetch', async () => {
  let prices: HttpPool | undefined;
  const { spillway, ask } = await serve((spillway) => {
    prices = spillway.pool('prices', {
      backends: [
        {
          id: 'v1',
          handler: (req: express.Request, res: express.Response) => {
            res.status(req.method === 'PUT' ? 500 : 200).send('price');
          },
        },
      ],
    });
    return [spillway.proxy(prices)];
  });
  const level = () => spillway.status().requests.prices;
  expect(await ask()).toBe(200);
  expect(await ask({ method: 'PUT' })).toBe(500);
  await until(() => expect(level()).toMatchObject({ total: 2, failed: 1, apdex: 0.5 }));
  expect((await prices?.fetch('/'))?.status).toBe(200);
  await until(() => expect(level()).toMatchObject({ total: 3, failed: 1 }));
});

it('measures the processor use of its own process', async () => {
  const { spillway } = await serve(() => []);
  const until = performance.now() + 100;
  while (performance.now() < until);
  const { useRatio, overMs } = spillway.status().processor;
  expect(overMs).toBeGreaterThanOrEqual(100);
  expect(useRatio).toBeGreaterThan(0.05);
});
