import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, hangs } from '../support/backend.ts';
import { call, open } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

/** A backend whose requests wait until they are let go, and that knows how many it had at once. */
function gatedBackend() {
  let running = 0;
  let peak = 0;
  const waiting: (() => void)[] = [];
  const answer: Answer = async (_request, response, received) => {
    await received.body;
    running++;
    peak = Math.max(peak, running);
    waiting.push(() => {
      running--;
      response.end('done');
    });
  };
  return {
    answer,
    peak: () => peak,
    running: () => running,
    letGo: () => waiting.splice(0).forEach((end) => void end()),
  };
}

/** `maxCount`, and the pool's queue. */
export function describeLimits(host: AdapterHost): void {
  describe('maxCount', () => {
    it('spills over to the next level while the first is full', async () => {
      const gate = gatedBackend();
      const { origin, counts, pool } = await serve(host, {
        backends: { small: gate.answer, large: answers(200, 'large') },
        each: { small: { maxCount: 2 } },
      });
      const held = [call(origin, '/'), call(origin, '/')];
      await until(() => expect(gate.running()).toBe(2));
      const others = await Promise.all(Array.from({ length: 10 }, () => call(origin, '/')));
      expect(others.map(({ text }) => text)).toEqual(Array(10).fill('large'));
      expect(pool.status().backends[0]).toMatchObject({ running: 2, available: false });
      gate.letGo();
      await Promise.all(held);
      await until(() => expect(pool.status().backends[0]?.available).toBe(true));
      expect(counts()).toEqual({ small: 2, large: 10 });
      expect(gate.peak()).toBe(2);
    });

    it('is answered with 503 and Retry-After when there is no other', async () => {
      const { origin, backends, pool } = await serve(host, {
        backends: { only: hangs },
        each: { only: { maxCount: 1 } },
      });
      open(origin, '/').request.end();
      await backends.only.request();
      const called = await call(origin, '/');
      expect(called.status).toBe(503);
      expect(called.json().code).toBe('no_backend');
      expect(Number(called.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(pool.status().rejections).toEqual({ no_backend: 1 });
    });
  });

  describe('a queue', () => {
    it('never lets more than maxCount run, and serves all in order', async () => {
      const gate = gatedBackend();
      const { origin, pool, backends } = await serve(host, {
        backends: { only: gate.answer },
        each: { only: { maxCount: 3 } },
        pool: { queue: { maxQueueLength: 20 } },
      });
      const calls: Promise<{ status: number }>[] = [];
      for (let index = 0; index < 20; index++) {
        calls.push(call(origin, `/${index}`));
        await until(() => {
          expect(pool.status().running + pool.status().waiting).toBe(index + 1);
        });
      }
      expect(pool.status()).toMatchObject({ running: 3, waiting: 17 });
      const all = Promise.all(calls);
      for (let served = 0; served < 20; ) {
        const expected = Math.min(3, 20 - served);
        await until(() => expect(gate.running()).toBe(expected));
        served += expected;
        gate.letGo();
      }
      expect(new Set((await all).map(({ status }) => status))).toEqual(new Set([200]));
      expect(gate.peak()).toBe(3);
      // Those of one batch may overtake one another on their way to the backend.
      const order = backends.only.received.map(({ url }) => Math.floor(Number(url.slice(1)) / 3));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    });

    it('refuses when it is full, and after timeoutMs, with Retry-After', async () => {
      const clock = new FakeClock();
      const { origin, backends, pool } = await serve(host, {
        backends: { only: hangs },
        each: { only: { maxCount: 1 } },
        pool: { queue: { maxQueueLength: 1, timeoutMs: 5_000 } },
        spillway: { clock },
      });
      open(origin, '/').request.end();
      await backends.only.request();
      const queued = call(origin, '/');
      await until(() => expect(pool.status().waiting).toBe(1));
      const refused = await call(origin, '/');
      expect([refused.status, refused.json().code]).toEqual([429, 'queue_full']);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      clock.advance(4_999);
      expect(pool.status().waiting).toBe(1);
      clock.advance(2);
      const late = await queued;
      expect([late.status, late.json().code]).toEqual([503, 'queue_timeout']);
      expect(Number(late.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(backends.only.received).toHaveLength(1);
      expect(pool.status().rejections).toEqual({ queue_full: 1, queue_timeout: 1 });
    });

    it('keeps the body of a request that waits', async () => {
      const gate = gatedBackend();
      const { origin, backends, pool } = await serve(host, {
        backends: { only: gate.answer },
        each: { only: { maxCount: 1 } },
        pool: { queue: { maxQueueLength: 2 } },
      });
      const first = call(origin, '/');
      await until(() => expect(gate.running()).toBe(1));
      const small = call(origin, '/', { method: 'POST', body: 'small' });
      await until(() => expect(pool.status().waiting).toBe(1));
      const body = Buffer.alloc(3_000_000, 'large');
      const large = call(origin, '/', { method: 'POST', body });
      await until(() => expect(pool.status().waiting).toBe(2));
      gate.letGo();
      await first;
      await until(() => expect(gate.running()).toBe(1));
      gate.letGo();
      await small;
      await until(() => expect(gate.running()).toBe(1));
      gate.letGo();
      await large;
      expect(await backends.only.received[1]?.body).toEqual(Buffer.from('small'));
      expect((await backends.only.received[2]?.body)?.equals(body)).toBe(true);
    });
  });
}
