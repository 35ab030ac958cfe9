import { type Judgement, judge, type Limit } from '../goals.ts';
import { ratiosByRound } from '../statistics.ts';

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
  /** To leave the middle of the line, as the response's listeners are told: medians of batches. */
  readonly leaving: {
    readonly fewCount: number;
    readonly fewMicros: readonly number[];
    readonly manyMicros: readonly number[];
  };
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

const bytesWaiting: Limit = { bound: 'at most', value: 2_048, unit: 'bytes' };
/** A little more than 1, for 100 000 do not fit into a cache. With a search it would be far above. */
const leavingRatio: Limit = { bound: 'at most', value: 2 };
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
        figures ? ratiosByRound(figures.leaving.manyMicros, figures.leaving.fewMicros) : [],
      ),
      measure: 'time',
    },
    judged('a forgotten key', bytesForgotten, figures ? [figures.keys.bytesPerForgottenKey] : []),
  ];
}
