import { compareBy, type FiguresOf, type Judgement, type MeasureName, measures } from './judge.ts';
import { medianInterval } from './statistics.ts';

/** The same server, in two processes: they differ by the machine's noise, and by nothing else. */
export const twins = { contender: 'express-again', against: 'express' };

/** On which row what the twins differ by tells of a measure. */
const twinRows: Readonly<Record<MeasureName, string>> = {
  'processor time': 'route',
  'requests/s': 'route',
  'added median latency': 'alone',
  'added mean latency': 'alone',
};

/** Few rounds can agree by luck: so much noise is there always. */
const leastShare = 0.05;
const leastMs = 0.02;

/**
 * By how much figures differed in this run where nothing differs, by measure: as a share where
 * ratios are judged, in milliseconds where differences are.
 */
export type Noise = ReadonlyMap<string, number>;

export function noiseOf(figuresOf: FiguresOf): Noise {
  return new Map(
    Object.entries(twinRows).map(([name, row]) => {
      const measure = name as MeasureName;
      const { contender, against } = twins;
      const values = compareBy(measure, figuresOf, { contender, row }, { contender: against, row });
      const isDifference = 'unit' in measures[measure];
      const least = isDifference ? leastMs : leastShare;
      if (values.length === 0) return [measure, least];
      const { low, high } = medianInterval(values);
      const deviations = isDifference ? [-low, high] : [1 / low - 1, high - 1];
      return [measure, Math.max(least, ...deviations)];
    }),
  );
}

/** How far a figure may lie before it counts as worse than today: the limit, and the noise. */
export function guardOf(
  { limit, measure }: Pick<Judgement, 'limit' | 'measure'>,
  noise: Noise,
): number {
  const { value, ceiling = value, bound, unit } = limit;
  const allowed = noise.get(measure) ?? leastShare;
  if (unit === 'ms') return ceiling + allowed;
  return bound === 'at most' ? ceiling * (1 + allowed) : ceiling / (1 + allowed);
}

/** Whether all of the interval lies beyond the guard: no noise of this run explains that. */
export function isRegression(judgement: Judgement, noise: Noise): boolean {
  const { interval, limit } = judgement;
  if (interval === undefined) return false;
  const guard = guardOf(judgement, noise);
  return limit.bound === 'at most' ? interval.low > guard : interval.high < guard;
}
