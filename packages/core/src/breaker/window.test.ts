import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountWindow, failureWindow, PercentageWindow } from './window.ts';

interface Event {
  readonly failed: boolean;
  /** Since the event before. */
  readonly afterMs: number;
}

const events = fc.array(
  fc.record({
    failed: fc.boolean(),
    afterMs: fc.oneof(
      fc.constantFrom(0, 0, 1, 3, 125, 999, 1_000, 1_001, 5_000),
      fc.double({ min: 0, max: 300, noNaN: true }),
    ),
  }),
  { maxLength: 120, size: 'max' },
);

/** Everything that happened, with its time. */
function timeline(happened: readonly Event[], origin: number): { failed: boolean; at: number }[] {
  let at = origin;
  return happened.map(({ failed, afterMs }) => {
    at += afterMs;
    return { failed, at };
  });
}

describe('CountWindow', () => {
  it('reaches its threshold at the count, not before', () => {
    const window = new CountWindow(3, 1_000);
    expect([0, 10, 20].map((at) => window.record(true, at))).toEqual([false, false, true]);
  });

  it('slides: failures an interval apart still count together, older ones do not', () => {
    const window = new CountWindow(2, 1_000);
    expect(window.record(true, 0)).toBe(false);
    expect(window.record(true, 1_001)).toBe(false);
    expect(window.record(true, 2_001)).toBe(true);
  });

  it('takes no notice of successes', () => {
    const window = new CountWindow(2, 1_000);
    window.record(true, 0);
    for (let call = 0; call < 100; call++) expect(window.record(false, 1)).toBe(false);
    expect(window.record(true, 2)).toBe(true);
  });

  it('forgets everything when cleared', () => {
    const window = new CountWindow(2, 1_000);
    window.record(true, 0);
    window.clear();
    expect(window.record(true, 1)).toBe(false);
    expect(window.record(true, 2)).toBe(true);
  });

  it('agrees with a list of every failure', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 6 }), (happened, count) => {
        const window = new CountWindow(count, 1_000);
        const failures: number[] = [];
        for (const { failed, at } of timeline(happened, 50)) {
          if (failed) failures.push(at);
          const within = failures.filter((earlier) => at - earlier <= 1_000).length;
          expect(window.record(failed, at)).toBe(failed && within >= count);
        }
      }),
      { numRuns: 500, seed: 5 },
    );
  });
});

describe('PercentageWindow', () => {
  it('trips at exactly half when the rule says 50 %, and not a request below', () => {
    const half = new PercentageWindow(50, 4, 1_000);
    expect([true, false, false, true].map((failed) => half.record(failed, 0))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const below = new PercentageWindow(50, 5, 1_000);
    expect([true, true, false, false, false].map((failed) => below.record(failed, 0))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each([1, 7, 29, 33.3, 57, 99.9, 100])(
    'needs no more than %d % of a thousand',
    (percentage) => {
      const window = new PercentageWindow(percentage, 1_000, 1_000);
      const needed = Math.ceil(percentage * 10);
      for (let call = 0; call < 999; call++) window.record(call < needed - 1, 0);
      expect(window.record(true, 0)).toBe(true);
      window.clear();
      for (let call = 0; call < 999; call++) window.record(call < needed - 2, 0);
      expect(window.record(true, 0)).toBe(false);
    },
  );

  it('says nothing before the interval holds the minimum of requests', () => {
    const window = new PercentageWindow(10, 20, 1_000);
    for (let call = 1; call < 20; call++) expect(window.record(true, call)).toBe(false);
    expect(window.record(false, 20)).toBe(true);
  });

  it('never remembers longer than the interval', () => {
    for (let start = 0; start < 1_000; start += 7) {
      const window = new PercentageWindow(100, 2, 1_000);
      window.record(true, start);
      expect(window.record(true, start + 1_000), `from ${start}`).toBe(false);
    }
  });

  it('remembers at least 31/32 of the interval', () => {
    for (let start = 0; start < 1_000; start += 7) {
      const window = new PercentageWindow(100, 2, 1_000);
      window.record(true, start);
      expect(window.record(true, start + 968), `from ${start}`).toBe(true);
    }
  });

  it('forgets everything when cleared', () => {
    const window = new PercentageWindow(50, 2, 1_000);
    window.record(true, 0);
    window.clear();
    expect(window.record(true, 1)).toBe(false);
    expect(window.record(true, 2)).toBe(true);
  });

  it('agrees with a list of all outcomes that is cut off within the last 32nd of the interval', () => {
    fc.assert(
      fc.property(
        events,
        fc.constantFrom(1, 25, 33.3, 50, 75, 100),
        fc.integer({ min: 1, max: 8 }),
        (happened, percentage, minimum) => {
          const window = new PercentageWindow(percentage, minimum, 1_000);
          const all = timeline(happened, 0);
          all.forEach(({ failed, at }, index) => {
            const remembered = all.slice(0, index + 1).filter((event) => at - event.at < 1_000);
            const answers = new Set<boolean>();
            for (let cut = 0; cut < remembered.length; cut++) {
              if (cut > 0 && at - (remembered[cut - 1]?.at ?? 0) <= (1_000 * 31) / 32) break;
              const kept = remembered.slice(cut);
              const share = kept.filter((event) => event.failed).length * 100;
              answers.add(kept.length >= minimum && share >= percentage * kept.length);
            }
            expect(answers).toContain(window.record(failed, at));
          });
        },
      ),
      { numRuns: 500, seed: 6 },
    );
  });

  // Clock.now() has an origin of its own: only differences mean anything.
  it('works as well on a clock whose times are below zero', () => {
    const calls = Array.from({ length: 100 }, (_, call) => ({ failed: call >= 50, at: call * 40 }));
    const verdicts = (origin: number) => {
      const window = new PercentageWindow(50, 4, 1_000);
      return calls.map(({ failed, at }) => window.record(failed, origin + at));
    };
    expect(verdicts(0)).toContain(true);
    expect(verdicts(-32_000)).toEqual(verdicts(0));
  });
});

describe('failureWindow', () => {
  const rule = { intervalMs: 1_000, minimumRequests: 2, statusCodes: new Set([500]) };
  const others = { tripDurationMs: 1, acceptRetryAfter: false, maxTripDurationMs: 1 };

  it('counts when the rule has a count, and weighs when it has a percentage', () => {
    const count = failureWindow({
      ...rule,
      ...others,
      failureCount: 1,
      failurePercentage: undefined,
    });
    expect(count.record(true, 0)).toBe(true);
    const percentage = failureWindow({
      ...rule,
      ...others,
      failureCount: undefined,
      failurePercentage: 50,
    });
    expect([true, false].map((failed) => percentage.record(failed, 0))).toEqual([false, true]);
  });
});
