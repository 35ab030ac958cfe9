import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Deadlines, type Expiring, stopDeadline } from './deadlines.ts';

class Entry implements Expiring {
  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;
  readonly expire: () => void;

  constructor(expire: () => void) {
    this.expire = expire;
  }
}

type Step = { readonly start: number } | { readonly stop: number } | { readonly ms: number };

it('agrees with a list of every entry and its time', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ start: fc.nat(9) }),
    fc.record({ stop: fc.nat(9) }),
    fc.record({ ms: fc.constantFrom(0, 1, 7, 30, 99, 100, 250) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const clock = new FakeClock();
      const deadlines = new Deadlines<Entry>(100, clock);
      const expired: number[] = [];
      const entries = Array.from(
        { length: 10 },
        (_, index) => new Entry(() => expired.push(index)),
      );
      let model: { index: number; at: number }[] = [];
      const expected: number[] = [];
      for (const step of steps) {
        if ('start' in step) {
          if (model.some(({ index }) => index === step.start)) continue;
          model.push({ index: step.start, at: clock.now() + 100 });
          deadlines.start(entries[step.start] as Entry);
        } else if ('stop' in step) {
          model = model.filter(({ index }) => index !== step.stop);
          stopDeadline(entries[step.stop] as Entry);
        } else {
          clock.advance(step.ms);
          expected.push(...model.filter(({ at }) => at <= clock.now()).map(({ index }) => index));
          model = model.filter(({ at }) => at > clock.now());
        }
        expect(expired).toEqual(expected);
        expect(deadlines).toHaveLength(model.length);
        expect(deadlines.first).toBe(model[0] && entries[model[0].index]);
        expect(clock.pendingTimers).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 1_000, seed: 12 },
  );
});
