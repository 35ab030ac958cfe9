import {
  boolean,
  nonNegativeInteger,
  object,
  optional,
  positiveInteger,
  type Reader,
  statusCodes,
} from '../options.ts';

/** Which failed attempts are tried again at another backend. */
export interface RetryOptions {
  /**
   * The answers that are not passed on while another backend may do better: statuses and ranges.
   * @defaultValue `[429, 500, 502, 503, 504]`
   */
  readonly statusCodes?: readonly (number | string)[] | undefined;
  /**
   * Attempts of one request in all; 1 turns re-submission off.
   * @defaultValue as many as there are backends
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The largest request body that is kept to be sent again, in bytes. A larger one is streamed and
   * sent once.
   * @defaultValue 1_048_576
   */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Re-submits POST and PATCH also when a backend may have acted on them already (500, 502, 504,
   * resets, timeouts).
   * @defaultValue false
   */
  readonly unsafe?: boolean | undefined;
}

export interface RetryRule {
  readonly statusCodes: ReadonlySet<number>;
  readonly maxAttempts: number;
  readonly maxBodyBytes: number;
  readonly unsafe: boolean;
}

const DEFAULT_STATUS_CODES = [429, 500, 502, 503, 504];

export const readRetryRule: Reader<RetryRule> = object<RetryRule>({
  statusCodes: optional(statusCodes, new Set(DEFAULT_STATUS_CODES)),
  maxAttempts: optional(positiveInteger, Number.POSITIVE_INFINITY),
  maxBodyBytes: optional(nonNegativeInteger, 1_048_576),
  unsafe: optional(boolean, false),
});

/** Sending these twice leaves the backend as sending them once does (RFC 9110 §9.2.2). */
const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * Whether an attempt that was answered with `statusCode` may be made again elsewhere. With 429 and
 * 503 the backend refused the work, so that any method may; after other failures it may have acted.
 */
export function mayResubmitAnswer(rule: RetryRule, method: string, statusCode: number): boolean {
  if (!rule.statusCodes.has(statusCode)) return false;
  return statusCode === 429 || statusCode === 503 || rule.unsafe || IDEMPOTENT_METHODS.has(method);
}

/** Whether an attempt that got no answer may be made again; any may whose request was never sent. */
export function mayResubmitFailure(rule: RetryRule, method: string, sent: boolean): boolean {
  return !sent || rule.unsafe || IDEMPOTENT_METHODS.has(method);
}
