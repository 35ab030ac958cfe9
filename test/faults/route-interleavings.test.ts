import { Readable } from 'node:stream';
import express from 'express';
import express4 from 'express4';
import fc from 'fast-check';
import Koa from 'koa';
import Koa2 from 'koa2';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { call, open } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import type { HandlerCall } from '../support/handler.ts';
import { koaHost } from '../support/koa-host.ts';
import { serveApp } from '../support/serve-app.ts';

const HOSTS: readonly [string, AdapterHost][] = [
  ['Express 5', expressHost(express)],
  ['Express 4', expressHost(express4)],
  ['Koa 3', koaHost(Koa)],
  ['Koa 2', koaHost(Koa2)],
];

const MAX_COUNT = 2;
const ABANDON_MS = 15;
const after = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

/** What a handler does. It says itself when it is no longer at work, which is before it answers. */
const ACTS = {
  async answers(job, delayMs, over) {
    if (delayMs > 0) await after(delayMs);
    over();
    job.answer(200, 'served');
  },
  async fails(job, delayMs, over) {
    if (delayMs > 0) await after(delayMs);
    over();
    job.answer(500, 'failed');
  },
  throws(_job, _delayMs, over) {
    over();
    throw new Error('thrown');
  },
  async 'throws later'(_job, delayMs, over) {
    await after(delayMs);
    over();
    throw new Error('thrown later');
  },
  async 'answers twice'(job, delayMs, over) {
    await after(delayMs);
    over();
    job.answer(200, 'once');
    try {
      job.answer(200, 'twice');
    } catch {
      // As the framework likes.
    }
  },
  async 'ends at once when it is told to'(job, delayMs, over) {
    await Promise.race([
      after(delayMs),
      new Promise((resolve) => job.signal.addEventListener('abort', resolve)),
    ]);
    over();
    job.answer(200, 'heeded');
  },
  streams(job, _delayMs, over) {
    over();
    job.stream(Readable.from(['a', 'b', 'c']));
  },
  'gives up'(job, _delayMs, over) {
    over();
    job.response.destroy();
  },
  // It is lost as soon as nobody waits for it any more.
  'never ends': (job, _delayMs, over) => {
    job.signal.addEventListener('abort', over);
    return new Promise<void>(() => {});
  },
} satisfies Record<
  string,
  (job: HandlerCall, delayMs: number, over: () => void) => void | Promise<void>
>;

type Act = keyof typeof ACTS;

const arbitraryCaller = fc.record({
  act: fc.constantFrom(...(Object.keys(ACTS) as Act[])),
  delayMs: fc.integer({ min: 0, max: 12 }),
  key: fc.constantFrom('a', 'b'),
  priority: fc.integer({ min: 0, max: 9 }),
  comesAfterMs: fc.integer({ min: 0, max: 3 }),
  /** Leaves after so many milliseconds; 9 stands for never. */
  leavesAfterMs: fc.integer({ min: 0, max: 9 }),
});
type Caller = typeof arbitraryCaller extends fc.Arbitrary<infer T> ? T : never;

// A quarter of a thousand for each framework.
describe.each(HOSTS)('%s', (_, host) => {
  it('never has more at work than maxCount, and gets every slot back', async () => {
    const callers = new Map<string, Caller>();
    const atWork = new Set<{ readonly key: string; toldAt: number }>();
    /** Of one key, less those whose work goes on for longer than a slot waits for it. */
    const countOf = (key: string) => {
      const lostBefore = performance.now() - ABANDON_MS + 1;
      return [...atWork].filter((job) => job.key === key && job.toldAt > lostBefore).length;
    };
    let most = 0;
    const { origin, settled, spillway } = await serveApp(
      host,
      (app, { protect, limitConcurrency }) => {
        const outer = limitConcurrency({ name: 'outer', maxCount: 100, abandonMs: ABANDON_MS });
        const inner = protect({
          name: 'inner',
          concurrency: {
            maxCount: MAX_COUNT,
            maxQueueLength: 3,
            timeoutMs: 10,
            key: (request) => request.headers['x-key']?.toString(),
            priority: (request) => Number(request.headers['x-priority']),
          },
          breaker: { failureCount: 4, tripDurationMs: 2 },
          timeoutMs: 8,
          abandonMs: ABANDON_MS,
        });
        app.onError(() => ({ status: 555, body: 'of the application' }));
        app.route('/', [outer, inner], (job) => {
          const caller = callers.get(String(job.request.headers['x-tag']));
          if (caller === undefined) throw new Error('nobody called');
          const { act, delayMs, key } = caller;
          const working = { key, toldAt: Number.POSITIVE_INFINITY };
          atWork.add(working);
          job.signal.addEventListener('abort', () => {
            working.toldAt = performance.now();
          });
          most = Math.max(most, countOf(key));
          return ACTS[act](job, delayMs, () => atWork.delete(working));
        });
      },
    );
    let nextTag = 0;
    const run = async (caller: Caller) => {
      const { key, priority, comesAfterMs, leavesAfterMs } = caller;
      if (comesAfterMs > 0) await after(comesAfterMs);
      const tag = String(nextTag++);
      callers.set(tag, caller);
      const headers = { 'x-tag': tag, 'x-key': key, 'x-priority': priority };
      if (leavesAfterMs === 9) {
        await call(origin, '/', { headers }).catch(() => {});
        return;
      }
      const { request, response, leave } = open(origin, '/', { headers });
      request.end();
      response.then(
        (answer) => answer.on('error', () => {}).resume(),
        () => {},
      );
      const timer = setTimeout(leave, leavesAfterMs);
      await new Promise((resolve) => request.on('close', resolve));
      clearTimeout(timer);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryCaller, { minLength: 1, maxLength: 10 }), async (many) => {
        await Promise.all(many.map(run));
        await settled();
        expect(most).toBeLessThanOrEqual(MAX_COUNT);
      }),
      { numRuns: 250, endOnFailure: true },
    );
    expect(most).toBe(MAX_COUNT);
    expect(spillway.status().gates.outer).toMatchObject({ running: 0, waiting: 0 });
  }, 120_000);
});
