import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Lease } from './lease.ts';
import type { Pool } from './pool.ts';

const backends = fc.array(
  fc.record(
    {
      priority: fc.integer({ min: 1, max: 3 }),
      weight: fc.constantFrom(1, 2, 0.1),
      maxCount: fc.integer({ min: 1, max: 3 }),
      breaker: fc.constantFrom(
        { failureCount: 1, tripDurationMs: 500, acceptRetryAfter: true },
        { failureCount: 2, tripDurationMs: 2_000 },
        { failurePercentage: 50, minimumRequests: 2, tripDurationMs: 100 },
      ),
    },
    { requiredKeys: [] },
  ),
  { minLength: 1, maxLength: 5 },
);

const setting = fc.record({
  backends,
  balance: fc.constantFrom('weighted', 'random', 'least-requests' as const),
  queue: fc.option(fc.constantFrom({ maxQueueLength: 3, timeoutMs: 700 }), { nil: undefined }),
  maxAttempts: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
});

type Step =
  | { readonly do: 'send'; readonly method: string; readonly key: string }
  | { readonly do: 'head'; readonly which: number; readonly status: number; readonly wait: string }
  | { readonly do: 'end'; readonly which: number; readonly complete: boolean }
  | { readonly do: 'fail'; readonly which: number; readonly how: 'connect_error' | 'timeout' }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'pass time'; readonly ms: number };

const which = fc.nat(30);
const send = fc.record({
  do: fc.constant('send' as const),
  method: fc.constantFrom('GET', 'POST'),
  key: fc.constantFrom('', '', 'one', 'two'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: send },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('head' as const),
      which,
      status: fc.constantFrom(200, 200, 200, 404, 429, 500, 503),
      wait: fc.constantFrom('', '1', '3'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('end' as const), which, complete: fc.boolean() }),
  },
  fc.record({
    do: fc.constant('fail' as const),
    which,
    how: fc.constantFrom('connect_error' as const, 'timeout' as const),
  }),
  fc.record({ do: fc.constant('leave' as const), which }),
  fc.record({ do: fc.constant('pass time' as const), ms: fc.constantFrom(1, 99, 400, 2_000) }),
);

/** Checks at each attempt what must hold whatever happened before. */
class Watch {
  readonly requests: ScriptedSubmission[] = [];
  /** Attempts that have not been given back. */
  readonly open = new Set<Lease>();
  /** Attempts whose head has come. */
  readonly answered: Lease[] = [];
  readonly pool: Pool;
  leases = 0;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  send({ method, key }: Step & { do: 'send' }): void {
    const request = new ScriptedSubmission(this.pool, method, { headers: { key } });
    request.onAttempt = (lease) => {
      const { id, breaker, config } = lease.backend;
      expect(new Set(request.path).size).toBe(request.path.length);
      expect(request.path.length).toBeLessThanOrEqual(this.pool.config.retry.maxAttempts);
      expect(breaker?.state, id).not.toBe('open');
      // Every trial has been begun before the next may be: none is open beside this one.
      if (breaker?.state === 'half-open') expect(breaker.admits).toBe(false);
      this.open.add(lease);
      this.leases++;
      expect(this.openAt(id)).toBeLessThanOrEqual(config.maxCount);
    };
    this.requests.push(request);
    request.begin();
  }

  get underWay(): ScriptedSubmission[] {
    return this.requests.filter(({ current }) => current !== undefined);
  }

  get waiting(): ScriptedSubmission[] {
    return this.requests.filter(({ deadlines }) => deadlines !== undefined);
  }

  openAt(backend: string): number {
    return [...this.open].filter((lease) => lease.backend.id === backend).length;
  }

  close(lease: Lease, complete: boolean): void {
    this.open.delete(lease);
    lease.release(complete, this.pool.clock.now());
    // Giving back twice must be as giving back once.
    lease.release(!complete, this.pool.clock.now());
  }
}

function take(watch: Watch, clock: FakeClock, step: Step): void {
  if (step.do === 'send') {
    watch.send(step);
  } else if (step.do === 'pass time') {
    clock.advance(step.ms);
  } else if (step.do === 'end') {
    const [lease] = watch.answered.splice(step.which % Math.max(1, watch.answered.length), 1);
    if (lease !== undefined) watch.close(lease, step.complete);
  } else if (step.do === 'leave') {
    const request = oneOf([...watch.underWay, ...watch.waiting], step.which);
    if (request?.current !== undefined) watch.open.delete(request.current);
    request?.leave();
  } else {
    const request = oneOf(watch.underWay, step.which);
    if (request?.current === undefined) return;
    if (step.do === 'fail') {
      watch.open.delete(request.current);
      request.fail(step.how);
    } else {
      const headers: Record<string, string> = step.wait === '' ? {} : { 'retry-after': step.wait };
      watch.answered.push(request.head(step.status, headers));
    }
  }
}

function oneOf<T>(items: readonly T[], which: number): T | undefined {
  return items[which % Math.max(1, items.length)];
}

it('gives every place back once, and keeps every limit, under any interleaving', () => {
  const seen = { attempts: 0, spilled: 0, waited: 0, rejected: 0 };
  fc.assert(
    fc.property(
      setting,
      fc.array(step, { maxLength: 120, size: 'max' }),
      fc.nat(),
      (given, steps, seed) => {
        const clock = new FakeClock();
        const { maxAttempts, ...options } = given;
        const pool = scriptedPool(
          {
            ...options,
            backends: options.backends.map((backend, index) => ({ id: `b${index}`, ...backend })),
            affinity: { header: 'key' },
            retry: { maxAttempts },
          },
          clock,
          seededRandom(seed),
        );
        const watch = new Watch(pool);
        for (const step of steps) {
          take(watch, clock, step);
          for (const { id, running, available, breaker, config } of pool.backends) {
            expect(running).toBe(watch.openAt(id));
            expect(available).toBe(running < config.maxCount && (breaker?.admits ?? true));
          }
          const { waiting } = pool.status();
          expect(waiting).toBeLessThanOrEqual(pool.config.queue?.maxQueueLength ?? 0);
          // Nobody waits beside a free place.
          if (waiting > 0) expect(pool.backends.some(({ available }) => available)).toBe(false);
          seen.waited += waiting;
        }
        for (const request of watch.requests) {
          seen.rejected += request.problem === undefined ? 0 : 1;
          const { current } = request;
          if (current !== undefined) watch.open.delete(current);
          request.leave();
        }
        for (const lease of [...watch.open]) watch.close(lease, true);

        const { running, waiting, backends } = pool.status();
        expect({ running, waiting }).toEqual({ running: 0, waiting: 0 });
        const ended = backends.flatMap(({ attempts }) => Object.values(attempts));
        expect(ended.reduce((sum, count) => sum + count, 0)).toBe(watch.leases);
        const observed = pool.backends.flatMap(({ durations }) => [...durations.counts]);
        expect(observed.reduce((sum, count) => sum + count, 0)).toBe(watch.leases);
        seen.attempts += watch.leases;
        for (const { count } of pool.spillovers) seen.spilled += count;
        pool.dispose();
        expect(clock.pendingTimers).toBe(0);
      },
    ),
    { numRuns: 1_000, seed: 41 },
  );
  // Otherwise the runs prove less than they seem to.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(500);
});
