import { type Goal, subjectOf } from './goals.ts';
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
  /** What a quick run does not let pass, see {@link Goal.ceiling}; `value` itself by default. */
  readonly ceiling?: number;
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

export type MeasureName = keyof typeof measures;

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

/** A contender's figures on a row, one of each round; none when it failed. */
export type FiguresOf = (row: string, contender: string, figure: keyof Sample) => readonly number[];

/** Compares two contenders round by round. */
export function compareBy(
  measure: MeasureName,
  figuresOf: FiguresOf,
  one: { readonly contender: string; readonly row: string },
  other: { readonly contender: string; readonly row: string },
): number[] {
  const { figure, compare } = measures[measure];
  return compare(
    figuresOf(one.row, one.contender, figure),
    figuresOf(other.row, other.contender, figure),
  );
}

/** Judges one goal on one row. */
export function judgeGoal(goal: Goal, row: string, figuresOf: FiguresOf): Judgement {
  const { measure, contender, againstRow = row } = goal;
  const { bound, unit }: Measure = measures[measure];
  const compared = (one: string, against: string) =>
    compareBy(measure, figuresOf, { contender: one, row }, { contender: against, row: againstRow });
  const judged = (against: string, limit: number, ceiling?: number): Judgement => {
    const aim: Limit = {
      bound,
      value: limit,
      ...(unit !== undefined && { unit }),
      ...(ceiling !== undefined && { ceiling }),
    };
    return {
      subject: subjectOf({ ...goal, against }),
      measure,
      row,
      limit: aim,
      ...judge(aim, compared(contender, against)),
    };
  };
  if (goal.otherwise !== undefined) {
    const { against, limit } = goal.otherwise;
    const reachable = judge({ bound, value: goal.limit }, compared(against, goal.against));
    if (reachable.verdict !== 'met' && reachable.verdict !== 'not measured') {
      return judged(against, limit);
    }
  }
  return judged(goal.against, goal.limit, goal.ceiling);
}
