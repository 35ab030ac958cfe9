import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Breaker, type Pass } from './breaker.ts';
import { breakerRule } from './rule.ts';

type Step =
  | { readonly kind: 'begin' }
  | { readonly kind: 'pass time'; readonly ms: number }
  | { readonly kind: 'end'; readonly which: number; readonly how: Ending };
type Ending = 'well' | 'without verdict' | 'reset after head' | { readonly waitMs?: number };

interface Call {
  readonly pass: Pass;
  /** How often the breaker had tripped or been extended when it began. */
  readonly era: number;
}

const ending = fc.oneof(
  fc.constantFrom<Ending>('well', 'without verdict', 'reset after head', {}),
  fc.record({ waitMs: fc.constantFrom(1, 500, 2_000, 7_000, 50_000) }),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'begin' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pass time' as const),
      ms: fc.constantFrom(0, 1, 499, 500, 1_000, 3_000, 8_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(20), how: ending }),
  },
);

const INTERVAL_MS = 2_000;
const TRIP_MS = 3_000;
const MAX_TRIP_MS = 8_000;

/** The rules in the plainest words: lists and comparisons, no timers. */
class Model {
  era = 0;
  trips = 0;
  openUntil: number | undefined;
  trial: Call | undefined;
  failures: number[] = [];
  readonly count: number;
  readonly accepts: boolean;

  constructor(count: number, accepts: boolean) {
    this.count = count;
    this.accepts = accepts;
  }

  state(now: number) {
    if (this.openUntil === undefined) return 'closed';
    return now < this.openUntil ? 'open' : 'half-open';
  }

  admits(now: number): boolean {
    const state = this.state(now);
    return state === 'closed' || (state === 'half-open' && this.trial === undefined);
  }

  head(call: Call): void {
    if (call !== this.trial) return;
    this.trial = undefined;
    this.openUntil = undefined;
    this.failures = [];
  }

  fail(call: Call, now: number, waitMs?: number): void {
    const askedMs =
      this.accepts && waitMs !== undefined ? Math.min(waitMs, MAX_TRIP_MS) : undefined;
    if (call === this.trial) {
      this.trip(now + (askedMs ?? TRIP_MS));
    } else if (this.openUntil === undefined) {
      if (call.era !== this.era) return;
      this.failures.push(now);
      const recent = this.failures.filter((at) => now - at <= INTERVAL_MS);
      if (recent.length >= this.count) this.trip(now + (askedMs ?? TRIP_MS));
    } else if (askedMs !== undefined && now + askedMs > this.openUntil) {
      this.waitUntil(now + askedMs);
    }
  }

  trip(until: number): void {
    this.trips++;
    this.failures = [];
    this.waitUntil(until);
  }

  waitUntil(until: number): void {
    this.era++;
    this.trial = undefined;
    this.openUntil = until;
  }
}

it('agrees with a plain model under any interleaving of calls', () => {
  const setting = fc.record({
    count: fc.integer({ min: 1, max: 4 }),
    accepts: fc.boolean(),
    steps: fc.array(step, { maxLength: 80, size: 'max' }),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(setting, ({ count, accepts, steps }) => {
      const clock = new FakeClock();
      let changes = 0;
      const rule = breakerRule([429])(
        {
          failureCount: count,
          intervalMs: INTERVAL_MS,
          tripDurationMs: TRIP_MS,
          acceptRetryAfter: accepts,
          maxTripDurationMs: MAX_TRIP_MS,
        },
        'breaker',
      );
      const breaker = new Breaker('modelled', rule, clock, { onChange: () => changes++ });
      const model = new Model(count, accepts);
      const calls: Call[] = [];

      for (const step of steps) {
        const now = clock.now();
        const admitted = breaker.admits;
        const changesBefore = changes;
        if (step.kind === 'pass time') {
          clock.advance(step.ms);
        } else if (step.kind === 'begin') {
          if (!admitted) continue;
          const trial = model.state(now) === 'half-open';
          const call = { pass: breaker.begin(), era: model.era };
          if (trial) model.trial = call;
          calls.push(call);
        } else {
          const [call] = calls.splice(step.which % Math.max(1, calls.length), 1);
          if (call !== undefined) end(breaker, model, call, now, step.how);
        }
        const after = clock.now();
        expect(breaker.state).toBe(model.state(after));
        expect(breaker.admits).toBe(model.admits(after));
        expect(breaker.trips).toBe(model.trips);
        expect(breaker.remainingMs(after)).toBe(Math.max(0, (model.openUntil ?? 0) - after));
        expect(clock.pendingTimers).toBe(breaker.state === 'open' ? 1 : 0);
        if (breaker.admits !== admitted) expect(changes).toBeGreaterThan(changesBefore);
        seen.add(`${breaker.state} ${model.trial === undefined}`);
      }
      breaker.dispose();
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 1_000, seed: 11 },
  );
  // Otherwise the runs prove less than they seem to.
  expect([...seen].sort()).toEqual([
    'closed true',
    'half-open false',
    'half-open true',
    'open true',
  ]);
});

function end(breaker: Breaker, model: Model, call: Call, now: number, how: Ending): void {
  if (how === 'without verdict') {
    breaker.abandon(call.pass);
    if (call === model.trial) model.trial = undefined;
  } else if (typeof how === 'object') {
    breaker.failed(call.pass, now, 429, how.waitMs);
    model.fail(call, now, how.waitMs);
  } else {
    breaker.proved(call.pass);
    model.head(call);
    if (how === 'well') {
      breaker.succeeded(call.pass, now);
    } else {
      breaker.failed(call.pass, now);
      model.fail(call, now);
    }
  }
}
