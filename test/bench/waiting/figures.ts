import type { CurveFigures } from '../curve-figures.ts';
import { grouped } from '../curves.ts';
import { type Judgement, judge, type Limit } from '../judge.ts';
import { median, ratiosByRound } from '../statistics.ts';

/** What requests that wait cost; bytes are those of the heap and of buffers, after a collection. */
export interface WaitingFigures {
  /** How many waited. */
  readonly count: number;
  /** Bytes for each of them. */
  readonly bytes: {
    /** An open connection that has asked for nothing yet, as far as it is not the system's. */
    readonly connection: number;
    /** What Node and Express keep of a request that a handler has not answered. */
    readonly exchange: number;
    /** What it takes more when it waits for a slot instead. */
    readonly spillway: number;
  };
  /** What Spillway keeps of each, by how many wait. */
  readonly bytesByCount: readonly { readonly count: number; readonly bytes: number }[];
  /** To leave the middle of a line, as the response's listeners are told: medians of batches. */
  readonly leaving: readonly { readonly count: number; readonly micros: readonly number[] }[];
  /** From the first slot that becomes free until all are answered. */
  readonly serving: {
    readonly seconds: number;
    /** For as many that no queue holds, answered one after the other. */
    readonly bareSeconds: number;
  };
  /** Requests that each have a key of their own, one after the other. */
  readonly keys: {
    readonly count: number;
    /** Of what is left when the keys' time is over, for each that there was. */
    readonly bytesPerForgottenKey: number;
  };
}

/** What leaving among all is compared with. */
export const fewCount = 1_000;

const bytesWaiting: Limit = { bound: 'at most', value: 2_048, unit: 'bytes' };
/** More than 1, for what 100 000 leave behind is in no cache. With a search it would be 100. */
const leavingRatio: Limit = { bound: 'at most', value: 4 };
const bytesForgotten: Limit = { bound: 'at most', value: 16, unit: 'bytes' };

/** Judges the goals of requests that wait; `undefined` when they could not be measured. */
export function judgeWaiting(figures: WaitingFigures | undefined): Judgement[] {
  const judged = (subject: string, limit: Limit, values: readonly number[]): Judgement => ({
    subject,
    measure: 'memory',
    row: 'waiting',
    limit,
    ...judge(limit, values),
  });
  return [
    judged('a waiting request', bytesWaiting, figures ? [figures.bytes.spillway] : []),
    {
      ...judged(
        'leaving among many / among few',
        leavingRatio,
        figures
          ? ratiosByRound(leavingOf(figures, figures.count), leavingOf(figures, fewCount))
          : [],
      ),
      measure: 'time',
    },
    judged('a forgotten key', bytesForgotten, figures ? [figures.keys.bytesPerForgottenKey] : []),
  ];
}

/** Of each batch; none if that line was not measured. */
export function leavingOf({ leaving }: WaitingFigures, count: number): readonly number[] {
  return leaving.find((line) => line.count === count)?.micros ?? [];
}

/** How the two grow with the line. */
export function waitingCurves({ bytesByCount, leaving }: WaitingFigures): CurveFigures[] {
  const labels = leaving.map(({ count }) => grouped(count));
  const curve = (name: string, title: string, unit: string, values: (number | undefined)[]) => ({
    name,
    title,
    section: 'waiting' as const,
    unit,
    pointTitle: 'requests that wait',
    labels,
    series: [{ name, own: true, values, derived: [] }],
  });
  return [
    curve(
      'leaving',
      'To leave the middle of the line',
      'µs',
      leaving.map(({ micros }) => median(micros)),
    ),
    curve(
      'memory',
      'Memory of each that waits, which Spillway adds',
      'bytes',
      leaving.map(({ count }) => bytesByCount.find((each) => each.count === count)?.bytes),
    ),
  ];
}
