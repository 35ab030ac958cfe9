import type { Sample } from './measure.ts';
import {
  differencesByRound,
  type Interval,
  median,
  medianInterval,
  ratiosByRound,
} from './statistics.ts';

export interface Limit {
  readonly bound: 'at most' | 'at least';
  readonly value: number;
  readonly unit?: string;
}

interface Measure {
  readonly figure: keyof Sample;
  readonly bound: Limit['bound'];
  /** How the figures of two contenders in one round make one value. */
  readonly compare: typeof ratiosByRound;
  readonly unit?: string;
}

/** What two contenders can be compared by. */
export const measures = {
  'processor time': { figure: 'microsPerRequest', bound: 'at most', compare: ratiosByRound },
  'requests/s': { figure: 'requestsPerSecond', bound: 'at least', compare: ratiosByRound },
  'added median latency': {
    figure: 'p50Ms',
    bound: 'at most',
    compare: differencesByRound,
    unit: 'ms',
  },
  'added mean latency': {
    figure: 'meanMs',
    bound: 'at most',
    compare: differencesByRound,
    unit: 'ms',
  },
} as const satisfies Record<string, Measure>;

/** How a contender has to compare with another one, in the same run. */
export interface Goal {
  readonly measure: keyof typeof measures;
  readonly contender: string;
  readonly against: string;
  readonly limit: number;
  readonly rows: readonly string[];
  /** Holds in its place where the contender named here would not reach the limit itself. */
  readonly otherwise?: { readonly against: string; readonly limit: number };
  /** The quick run has no time for it on any row but these. */
  readonly quickRows?: readonly string[];
}

export const goals: readonly Goal[] = [
  {
    measure: 'processor time',
    contender: 'spillway-express',
    against: 'hpm-express',
    limit: 0.45,
    rows: ['get', 'post'],
    quickRows: ['get'],
  },
  {
    measure: 'processor time',
    contender: 'spillway-express',
    against: 'undici-express',
    limit: 0.95,
    rows: ['get', 'post'],
    quickRows: ['get'],
  },
  {
    measure: 'processor time',
    contender: 'pool-hpm-express',
    against: 'hpm-express',
    limit: 1.1,
    rows: ['get', 'post'],
    quickRows: [],
  },
  {
    measure: 'processor time',
    contender: 'protect-express',
    against: 'express',
    limit: 1.08,
    rows: ['get'],
  },
  {
    measure: 'added median latency',
    contender: 'new-key-express',
    against: 'express',
    limit: 0.1,
    rows: ['alone'],
  },
  {
    measure: 'added mean latency',
    contender: 'new-key-express',
    against: 'express',
    limit: 0.1,
    rows: ['alone'],
  },
  {
    measure: 'requests/s',
    contender: 'limit-express',
    against: 'bottleneck-express',
    limit: 50,
    rows: ['queue'],
    otherwise: { against: 'later-express', limit: 0.85 },
  },
];

/** The rows of a goal that a run of this kind measures. */
export function rowsOf({ rows, quickRows }: Goal, quick: boolean): readonly string[] {
  return quick && quickRows !== undefined ? quickRows : rows;
}

/** Every contender whose figures a goal needs. */
export function contendersOf({ contender, against, otherwise }: Goal): string[] {
  return [contender, against, ...(otherwise ? [otherwise.against] : [])];
}

/** `within noise`: the median is beyond the limit, but this run cannot tell it from the limit. */
export type Verdict = 'met' | 'within noise' | 'missed' | 'not measured';

export interface Finding {
  readonly verdict: Verdict;
  readonly median?: number;
  /** Where the true median lies, with 95 % confidence if the rounds suffice for it. */
  readonly interval?: Interval;
  /** The smallest and the largest value of any round. */
  readonly spread?: Interval;
}

export interface Judgement extends Finding {
  /** What was judged: `contender / against`, or a name. */
  readonly subject: string;
  readonly measure: string;
  readonly row: string;
  readonly limit: Limit;
}

/** Judges values, one of each round, by a limit. */
export function judge({ bound, value: limit }: Limit, values: readonly number[]): Finding {
  if (values.length === 0) return { verdict: 'not measured' };
  const within = (value: number) => (bound === 'at most' ? value <= limit : value >= limit);
  const middle = median(values);
  const interval = medianInterval(values);
  const nearest = bound === 'at most' ? interval.low : interval.high;
  return {
    verdict: within(middle) ? 'met' : within(nearest) ? 'within noise' : 'missed',
    median: middle,
    interval,
    spread: { low: Math.min(...values), high: Math.max(...values) },
  };
}

/** A contender's figures on the row, one of each round; none when it failed. */
export type FiguresOf = (contender: string, figure: keyof Sample) => readonly number[];

/** Judges one goal on one row. */
export function judgeGoal(goal: Goal, row: string, figuresOf: FiguresOf): Judgement {
  const { figure, bound, compare, ...rest }: Measure = measures[goal.measure];
  const compared = (contender: string, against: string) =>
    compare(figuresOf(contender, figure), figuresOf(against, figure));
  const judged = ({ against, limit }: { against: string; limit: number }): Judgement => {
    const aim: Limit = { bound, value: limit, ...rest };
    return {
      subject: `${goal.contender} / ${against}`,
      measure: goal.measure,
      row,
      limit: aim,
      ...judge(aim, compared(goal.contender, against)),
    };
  };
  if (goal.otherwise !== undefined) {
    const reachable = judge(
      { bound, value: goal.limit },
      compared(goal.otherwise.against, goal.against),
    );
    if (reachable.verdict !== 'met' && reachable.verdict !== 'not measured') {
      return judged(goal.otherwise);
    }
  }
  return judged(goal);
}
