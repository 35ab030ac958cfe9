import { ConfigurationError } from '@spillway/core';
import express from 'express';
import { expect, it } from 'vitest';
import { answers, hangs, startBackend } from '../support/backend.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';

const host = expressHost(express);

it('the places that a shutdown frees are not handed to requests in the queue', async () => {
  const { pool, backends, spillway, counts } = await serve(host, {
    backends: { only: hangs },
    each: { only: { maxCount: 2 } },
    pool: { queue: { maxQueueLength: 9 } },
  });
  const calls = Array.from({ length: 6 }, (_, index) => pool.fetch(`/${index}`));
  await backends.only.request(1);
  expect(pool.status()).toMatchObject({ running: 2, waiting: 4 });
  await spillway.shutdown({ timeoutMs: 0 });
  const statuses = (await within(3_000, Promise.all(calls))).map(({ status }) => status);
  expect(statuses).toEqual([503, 503, 503, 503, 503, 503]);
  expect(counts()).toEqual({ only: 2 });
  expect(pool.status().backends[0]?.attempts.cancelled).toBe(2);
});

it('no pool can be made once shutdown has begun, even within readinessDelayMs', async () => {
  const { spillway, backends } = await serve(host, { backends: { only: answers(200) } });
  const ended = spillway.shutdown({ readinessDelayMs: 20 });
  const make = () => spillway.pool('late', { backends: [{ id: 'a', url: backends.only.url }] });
  expect(make).toThrow(ConfigurationError);
  expect(make).toThrow('cannot be made after shutdown()');
  await within(3_000, ended);
});

it('1 000 backends that refuse are each tried once for one request', async () => {
  const backend = await startBackend(answers(429));
  const { spillway } = await serve(host, { backends: { only: answers(200) } });
  const pool = spillway.pool('many', {
    backends: Array.from({ length: 1_000 }, (_, index) => ({ id: `b${index}`, url: backend.url })),
    retry: { maxAttempts: 1_000 },
  });
  expect((await within(15_000, pool.fetch('/'))).status).toBe(429);
  expect(backend.received).toHaveLength(1_000);
  expect(pool.status().backends.every(({ attempts }) => attempts.throttled === 1)).toBe(true);
});

it('a copy whose request was begun in the turn that ends the pool makes no connection', async () => {
  const { pool, backends } = await serve(host, {
    backends: { main: hangs, shadow: answers(200) },
    each: { shadow: { weight: 0 } },
  });
  pool.setShadow('shadow', 1);
  const fetching = pool.fetch('/');
  // In this very turn: the copy is sent in the next.
  while (pool.status().running === 0) await undefined;
  const destroyed = pool.destroy();
  expect((await fetching).status).toBe(503);
  await within(3_000, destroyed);
  await until(() => expect(pool.status().shadows[0]?.requests.dropped).toBe(1));
  expect(backends.shadow.received).toHaveLength(0);
});
