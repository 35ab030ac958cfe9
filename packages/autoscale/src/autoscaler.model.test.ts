import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { autoscale } from './autoscale.ts';
import type { ScalingDecision } from './decision.ts';
import type { AutoscaleOptions } from './options.ts';

const SAMPLE_MS = 1_000;

interface Rules {
  readonly windows: readonly [out: number, in_: number];
  readonly cooldowns: readonly [out: number, in_: number];
  readonly by: readonly [out: number, in_: number];
  readonly maxMissing: readonly [out: number, in_: number];
  readonly min: number;
  readonly max: number;
}

/** What happens at a sample: the metric, whether the scaler works, and what somebody else scales to. */
interface Moment {
  readonly sample: number | undefined;
  readonly fails: boolean;
  readonly foreign: number | undefined;
}

interface Step extends Moment {
  readonly before: number;
  readonly after: number;
  readonly decision: ScalingDecision;
}

function run(rules: Rules, moments: readonly Moment[], count: number): Step[] {
  const clock = new FakeClock();
  const steps: Step[] = [];
  let decision: ScalingDecision | undefined;
  let moment = moments[0] as Moment;
  const rule = (index: 0 | 1) => ({
    windowMs: rules.windows[index] * SAMPLE_MS,
    cooldownMs: rules.cooldowns[index] * SAMPLE_MS,
    by: rules.by[index],
    maxMissing: Math.min(rules.maxMissing[index], rules.windows[index] - 1),
  });
  const options: AutoscaleOptions = {
    metric: () => moment.sample,
    sampleMs: SAMPLE_MS,
    scaleOut: { above: 0.75, ...rule(0) },
    scaleIn: { below: 0.5, ...rule(1) },
    min: rules.min,
    max: rules.max,
    scaler: {
      current: () => count,
      scaleTo(target) {
        if (moment.fails) throw new Error('the scaler fails');
        count = target;
      },
    },
    clock,
  };
  const autoscaler = autoscale(options);
  autoscaler.on('decision', (each) => {
    decision = each;
  });
  for (moment of moments) {
    count = moment.foreign ?? count;
    const before = count;
    decision = undefined;
    clock.advance(SAMPLE_MS);
    steps.push({ ...moment, before, after: count, decision: decision as never });
  }
  autoscaler.stop();
  return steps;
}

const pair = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const anyRules = fc
  .record({
    windows: pair(1, 8),
    cooldowns: pair(0, 8),
    by: pair(1, 3),
    maxMissing: pair(0, 2),
    min: fc.integer({ min: 0, max: 3 }),
    width: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ min, width, ...rules }) => ({ ...rules, min, max: min + width }));
/** Multiples of 1/4 add up exactly, so that the model may, too. */
const anySample = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const anyMoments = fc.array(
  fc.record({
    sample: anySample,
    fails: fc.nat(9).map((chance) => chance === 0),
    foreign: fc.oneof(
      { weight: 19, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.nat(9) },
    ),
  }),
  { minLength: 1, maxLength: 80 },
);

const about = (average: number | undefined) =>
  average === undefined ? undefined : expect.closeTo(average, 9);

it('keeps to its bounds, its windows and its cooldowns, whatever comes', () => {
  fc.assert(
    fc.property(anyRules, anyMoments, fc.nat(9), (rules, moments, first) => {
      const steps = run(rules, moments, first);
      let changedAt = Number.NEGATIVE_INFINITY;
      let settled = first;
      steps.forEach(({ before, after, fails, decision }, index) => {
        // The first count that is seen is no change.
        if (index > 0 && before !== settled) changedAt = index;
        const averages = ([0, 1] as const).map((side) => {
          const length = rules.windows[side];
          const window = moments.slice(Math.max(0, index + 1 - length), index + 1);
          const present = window.flatMap(({ sample }) => (sample === undefined ? [] : [sample]));
          const most = Math.min(rules.maxMissing[side], length - 1);
          if (window.length < length || length - present.length > most) return undefined;
          return present.reduce((sum, sample) => sum + sample, 0) / present.length;
        });
        const rested = (side: 0 | 1) => index - changedAt >= rules.cooldowns[side];
        const [outAverage, inAverage] = averages;
        const sampled = moments[index]?.sample !== undefined;
        const wantsOut = sampled && outAverage !== undefined && outAverage > 0.75;
        const wantsIn = sampled && !wantsOut && inAverage !== undefined && inAverage < 0.5;

        let target = before;
        if (before < rules.min) target = rules.min;
        else if (before > rules.max) target = rules.max;
        else if (wantsOut && rested(0)) target = Math.min(rules.max, before + rules.by[0]);
        else if (wantsIn && rested(1)) target = Math.max(rules.min, before - rules.by[1]);

        expect(decision).toMatchObject({
          count: before,
          target,
          sample: moments[index]?.sample,
          scaleOutAverage: about(outAverage),
          scaleInAverage: about(inAverage),
        });
        expect(decision.action).toBe(
          target > before ? 'scale_out' : target < before ? 'scale_in' : 'hold',
        );
        expect(after).toBe(fails ? before : target);
        if (!fails) {
          expect(after).toBeGreaterThanOrEqual(rules.min);
          expect(after).toBeLessThanOrEqual(rules.max);
        }
        if (after !== before) changedAt = index;
        settled = after;
      });
    }),
    { numRuns: 500 },
  );
});

it('runs through a day, minute by minute, in next to no time', () => {
  const clock = new FakeClock();
  const random = seededRandom(7);
  let count = 1;
  let minute = 0;
  const changes: [minute: number, count: number][] = [];
  // Requests of a day, low at night: what one instance is used depends on how many there are.
  const load = () => 1.5 - 1.2 * Math.cos((minute / 1_440) * 2 * Math.PI);
  const autoscaler = autoscale({
    metric: () => {
      minute++;
      return Math.min(1, (load() / count) * (0.95 + 0.1 * random()));
    },
    scaleOut: { above: 0.8 },
    scaleIn: { below: 0.4 },
    min: 1,
    max: 5,
    scaler: {
      current: () => count,
      scaleTo(target) {
        count = target;
        changes.push([minute, target]);
      },
    },
    clock,
  });
  const startedAt = performance.now();
  clock.advance(24 * 60 * 60_000);
  const tookMs = performance.now() - startedAt;
  autoscaler.stop();
  expect(minute).toBe(1_440);
  expect(Object.values(autoscaler.status().decisions).reduce((sum, each) => sum + each)).toBe(
    1_440,
  );
  // Out by day, one by one, and in again towards the night.
  const counts = changes.map(([, to]) => to);
  const peak = counts.indexOf(Math.max(...counts));
  expect(counts[peak]).toBe(4);
  expect(counts.slice(0, peak + 1)).toEqual([2, 3, 4]);
  expect(counts.slice(peak + 1)).toEqual([3, 2, 1]);
  // It takes ten milliseconds or so.
  expect(tookMs).toBeLessThan(5_000);
});
