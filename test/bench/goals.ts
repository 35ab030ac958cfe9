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

/** How a contender has to compare with another one, in the same run. */
export interface Goal {
  readonly measure: MeasureName;
  readonly contender: string;
  readonly against: string;
  /** As design.md asks for it. */
  readonly limit: number;
  readonly rows: readonly string[];
  /** The other's row, where it is not the same: how cost grows from one to the other. */
  readonly againstRow?: string;
  /** Holds in its place where the contender named here would not reach the limit itself. */
  readonly otherwise?: { readonly against: string; readonly limit: number };
  /**
   * The goal is known to be missed, or met by a hair: it goes on to be judged by `limit`, and the
   * quick run, which guards against what is worse than today, fails only beyond this.
   */
  readonly ceiling?: number;
  /** The quick run has no time for it on any row but these. */
  readonly quickRows?: readonly string[];
}

export const goals: readonly Goal[] = [
  {
    measure: 'processor time',
    contender: 'spillway-express',
    against: 'hpm-express',
    limit: 0.45,
    ceiling: 0.52,
    rows: ['get', 'post'],
    quickRows: ['get'],
  },
  {
    measure: 'processor time',
    contender: 'spillway-express',
    against: 'undici-express',
    limit: 0.95,
    ceiling: 1.1,
    rows: ['get', 'post'],
    quickRows: ['get'],
  },
  {
    measure: 'processor time',
    contender: 'pool-hpm-express',
    against: 'hpm-express',
    limit: 1.1,
    ceiling: 1.2,
    rows: ['get', 'post'],
    quickRows: [],
  },
  {
    measure: 'processor time',
    contender: 'protect-express',
    against: 'express',
    limit: 1.08,
    rows: ['route'],
  },
  {
    measure: 'processor time',
    contender: 'spillway-express',
    against: 'portkey',
    limit: 0.1,
    rows: ['chat'],
    quickRows: [],
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
  {
    measure: 'processor time',
    contender: 'weights-express',
    against: 'weights-express',
    limit: 1.2,
    rows: ['backends-1000'],
    againstRow: 'backends-3',
    quickRows: [],
  },
  {
    measure: 'processor time',
    contender: 'affinity-express',
    against: 'affinity-express',
    limit: 1.2,
    ceiling: 1.6,
    rows: ['backends-1000'],
    againstRow: 'backends-3',
  },
];

/** The rows of a goal that a run of this kind judges. */
export function rowsOf({ rows, quickRows }: Goal, quick: boolean): readonly string[] {
  return quick && quickRows !== undefined ? quickRows : rows;
}

/** Every contender that is needed to judge a goal on a row, and the row that it is needed on. */
export function needsOf(
  { contender, against, againstRow, otherwise }: Goal,
  row: string,
): readonly { readonly contender: string; readonly row: string }[] {
  return [
    { contender, row },
    { contender: against, row: againstRow ?? row },
    ...(otherwise ? [{ contender: otherwise.against, row }] : []),
  ];
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

/** What is judged, for humans. */
export function subjectOf({ contender, against, againstRow }: Goal): string {
  return againstRow === undefined
    ? `${contender} / ${against}`
    : `${contender} / itself on ${againstRow}`;
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
