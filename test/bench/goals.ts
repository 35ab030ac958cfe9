import type { MeasureName } from './judge.ts';

/** How a contender has to compare with another one, in the same run. */
export interface Goal {
  readonly measure: MeasureName;
  readonly contender: string;
  readonly against: string;
  readonly limit: number;
  readonly rows: readonly string[];
  /** The other's row, where it is not the same: how cost grows from one to the other. */
  readonly againstRow?: string;
  /** Holds in its place where the contender named here would not reach the limit itself. */
  readonly otherwise?: { readonly against: string; readonly limit: number };
  /**
   * The goal is known to be missed, or met by less than the few rounds of a quick run can tell on a
   * machine that has other work: it goes on to be judged by `limit`, and the quick run, which guards
   * against what is worse than today, fails only beyond this.
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
    contender: 'dashboard-express',
    against: 'spillway-express',
    limit: 1.01,
    rows: ['get'],
    quickRows: [],
  },
  {
    measure: 'processor time',
    contender: 'watched-express',
    against: 'spillway-express',
    limit: 1.01,
    rows: ['get'],
    quickRows: [],
  },
  {
    measure: 'processor time',
    contender: 'pool-hpm-express',
    against: 'hpm-express',
    limit: 1.1,
    ceiling: 1.2,
    rows: ['get', 'post'],
    quickRows: ['get'],
  },
  {
    measure: 'processor time',
    contender: 'protect-express',
    against: 'express',
    limit: 1.08,
    ceiling: 1.2,
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
    rows: ['backends-1000'],
    againstRow: 'backends-3',
    quickRows: [],
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

/** What is judged, for humans. */
export function subjectOf({ contender, against, againstRow }: Goal): string {
  return againstRow === undefined
    ? `${contender} / ${against}`
    : `${contender} / itself on ${againstRow}`;
}
