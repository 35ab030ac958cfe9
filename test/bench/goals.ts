import { type Interval, median, medianInterval } from './statistics.ts';

/** At most `limit` of the processor time per request of another contender, in the same run. */
export interface Goal {
  readonly contender: string;
  readonly against: string;
  readonly limit: number;
  readonly rows: readonly string[];
}

export const goals: readonly Goal[] = [
  { contender: 'spillway-express', against: 'hpm-express', limit: 0.45, rows: ['get', 'post'] },
  { contender: 'spillway-express', against: 'undici-express', limit: 0.95, rows: ['get', 'post'] },
];

/** `within noise`: the median is above the limit, but this run cannot tell it from the limit. */
export type Verdict = 'met' | 'within noise' | 'missed' | 'not measured';

export interface Judgement {
  readonly goal: Goal;
  readonly row: string;
  readonly verdict: Verdict;
  readonly median?: number;
  /** Where the true median lies, with 95 % confidence if the rounds suffice for it. */
  readonly interval?: Interval;
  /** The smallest and the largest ratio of any round. */
  readonly spread?: Interval;
}

/** Judges one goal on one row by the ratios of its rounds. */
export function judge(goal: Goal, row: string, ratios: readonly number[]): Judgement {
  if (ratios.length === 0) return { goal, row, verdict: 'not measured' };
  const middle = median(ratios);
  const interval = medianInterval(ratios);
  return {
    goal,
    row,
    verdict: middle <= goal.limit ? 'met' : interval.low <= goal.limit ? 'within noise' : 'missed',
    median: middle,
    interval,
    spread: { low: Math.min(...ratios), high: Math.max(...ratios) },
  };
}
