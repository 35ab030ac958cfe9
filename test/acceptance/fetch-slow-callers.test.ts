import express from 'express';
import { expect, it } from 'vitest';
import { answers } from '../support/backend.ts';
import { expressHost } from '../support/express-host.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';

async function serveSlow(body: Buffer) {
  const clock = new FakeClock();
  const served = await serve(expressHost(express), {
    backends: { only: answers(200, body) },
    pool: { timeouts: { callerMs: 1_000 }, breaker: { failureCount: 1 } },
    spillway: { clock },
  });
  return { clock, fetch: served.pool.fetch, ...served };
}

it('a body whose source stops is answered with 408 after callerMs', async () => {
  const { clock, fetch, pool, backends, settled } = await serveSlow(Buffer.from('served'));
  async function* pieces() {
    yield Buffer.from('a');
    await new Promise(() => {});
  }
  const init = { method: 'POST', body: pieces(), duplex: 'half' } as unknown as RequestInit;
  const fetched = fetch('/', init);
  const received = await backends.only.request();
  await until(() => expect(received.bytes).toBe(1));
  clock.advance(1_001);
  const response = await within(3_000, fetched);
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    408,
    'caller_timeout',
  ]);
  await settled();
  expect(pool.status().backends[0]?.breaker?.trips).toBe(0);
});

it('an answer that is not read on breaks off after callerMs, and its place is free', async () => {
  const { clock, fetch, pool, settled } = await serveSlow(Buffer.alloc(60_000_000));
  const response = await within(3_000, fetch('/'));
  await until(() => {
    // As often as it takes: it is paused once the buffers between are full.
    clock.advance(1_001);
    expect(pool.status().running).toBe(0);
  });
  await expect(response.arrayBuffer()).rejects.toThrow();
  await settled();
  expect(pool.status().backends[0]?.attempts.timeout).toBe(0);
});
