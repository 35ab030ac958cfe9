import express from 'express';
import express4 from 'express4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers } from '../support/backend.ts';
import { type Called, call } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startRawBackend } from '../support/raw-backend.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';
import { FAULTS, type Outcome } from './table.ts';

const HOSTS: readonly [string, AdapterHost][] = [
  ['Express 5', expressHost(express)],
  ['Express 4', expressHost(express4)],
];

const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);
beforeAll(() => void process.on('unhandledRejection', onRejection));
afterAll(() => void process.off('unhandledRejection', onRejection));

async function outcomeOf(called: Promise<Called>): Promise<{ outcome: Outcome; text?: string }> {
  try {
    const { status, text } = await within(5_000, called);
    return { outcome: status, text };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    return { outcome: 'cut off' };
  }
}

describe.each(HOSTS)('%s, when a backend', (_, host) => {
  describe.each(FAULTS)('$name', ({ script, alone, spare, body, lacks }) => {
    it.each([
      ['GET', 'alone', alone.GET],
      ['POST', 'alone', alone.POST],
      ['GET', 'before another', spare.GET],
      ['POST', 'before another', spare.POST],
    ])('%s, %s: %s', async (method, place, expected) => {
      const clock = new FakeClock();
      const raw = await startRawBackend(script);
      const hasSpare = place !== 'alone';
      const { origin, settled, backends, pool } = await serve(host, {
        backends: { faulty: answers(500), spare: answers(200, 'spare') },
        each: { faulty: { url: raw.url }, spare: { weight: hasSpare ? 1 : 0 } },
        pool: {
          timeouts: {
            headersMs: lacks === 'body' ? 10_000 : 100,
            bodyMs: lacks === 'body' ? 60 : 10_000,
          },
        },
        // Only a stalled body takes real time.
        spillway: lacks === 'body' ? {} : { clock },
      });
      const sent = method === 'POST' ? { method, body: 'BODY' } : { method };
      const called = outcomeOf(call(origin, '/', sent));
      if (lacks === 'head') {
        await until(() => expect(raw.requests()).toBe(1));
        clock.advance(100);
      }
      const { outcome, text } = await called;
      expect(outcome).toBe(expected);
      const repeated = hasSpare && text === 'spare';
      if (typeof outcome === 'number' && outcome < 500 && !repeated && body !== undefined) {
        expect(text).toBe(body);
      }
      // Each backend at most once, and the second only if the first could not serve.
      expect(raw.requests()).toBeLessThanOrEqual(1);
      expect(raw.connections.length).toBeLessThanOrEqual(1);
      expect(backends.spare.received).toHaveLength(repeated ? 1 : 0);
      await settled();
      const attempts = Object.values(pool.status().backends[0]?.attempts ?? {});
      expect(attempts.filter((count) => count > 0)).toEqual([1]);
      // A connection that has gone wrong is not used, nor kept, any longer.
      if (expected !== 200) {
        await until(() => {
          expect(raw.connections.every(({ socket }) => socket.closed)).toBe(true);
        });
      }
      expect(rejections).toEqual([]);
    });
  });
});
