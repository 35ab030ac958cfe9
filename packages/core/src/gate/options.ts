import {
  callable,
  nonEmptyString,
  nonNegativeInteger,
  number,
  optional,
  positiveInteger,
  positiveMs,
  type Reader,
  type Shape,
} from '../options.ts';
import type { RequestView } from '../request-view.ts';

/** How many requests may run at once, and how many may wait. */
export interface GateOptions<R = RequestView> {
  /** Requests at once, for each key. */
  readonly maxCount: number;
  /**
   * Requests that may wait, for each key; further ones are refused at once.
   * @defaultValue 0
   */
  readonly maxQueueLength?: number | undefined;
  /**
   * The longest time in the queue, in milliseconds.
   * @defaultValue 30_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * A gate for each key. Requests for which a function gives `undefined` share one.
   * @defaultValue one gate for all requests
   */
  readonly key?: string | ((request: R) => string | undefined) | undefined;
  /**
   * Keys that are remembered while nothing runs or waits there; a key at work is never forgotten.
   * @defaultValue 10_000
   */
  readonly maxKeys?: number | undefined;
  /**
   * Who waits in front of whom: an integer from 0, first, to 9. Others are cut to that range, and
   * what is no integer counts as 5, as in Bottleneck.
   * @defaultValue 5 for every request
   */
  readonly priority?: ((request: R) => number | undefined) | undefined;
  /**
   * The status of a refusal because the queue is full.
   * @defaultValue 429
   */
  readonly rejectStatus?: number | undefined;
}

type KeyFunction = (request: RequestView) => string | undefined;
type PriorityFunction = (request: RequestView) => number | undefined;

/** {@link GateOptions}, checked, with defaults filled in. */
export interface GateConfig {
  readonly maxCount: number;
  readonly maxQueueLength: number;
  readonly timeoutMs: number;
  readonly key: string | KeyFunction | undefined;
  readonly maxKeys: number;
  readonly priority: PriorityFunction | undefined;
  readonly rejectStatus: number;
}

const errorStatus = number(
  'a status from 400 to 599',
  (value) => Number.isInteger(value) && value >= 400 && value <= 599,
);

const keyFunction = callable<KeyFunction>('must be a function or a non-empty string');
const key: Reader<string | KeyFunction> = (value, path) =>
  typeof value === 'string' ? nonEmptyString(value, path) : keyFunction(value, path);

export const gateShape: Shape<GateConfig> = {
  maxCount: positiveInteger,
  maxQueueLength: optional(nonNegativeInteger, 0),
  timeoutMs: optional(positiveMs, 30_000),
  key: optional(key),
  maxKeys: optional(positiveInteger, 10_000),
  priority: optional(callable<PriorityFunction>()),
  rejectStatus: optional(errorStatus, 429),
};
