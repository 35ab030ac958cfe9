/** How an attempt ended, as `spillway_attempts_total` counts it. */
export const OUTCOMES = [
  /** answered below 400 */
  'success',
  /** answered 4xx other than 429 */
  'client_error',
  /** answered 429 */
  'throttled',
  /** answered 5xx */
  'server_error',
  /** no connection: nothing was sent */
  'connect_error',
  /** the connection broke, or the answer was malformed */
  'reset',
  /** no head, or no further byte, in time */
  'timeout',
  /** ended by us: the caller left, or the backend was removed */
  'cancelled',
] as const;

export type AttemptOutcome = (typeof OUTCOMES)[number];
/** The ways to fail without a usable answer. */
export type AttemptFailure = 'connect_error' | 'reset' | 'timeout';

/**
 * Why there was no answer, in a word that names no host: the error's code, which says most, but that
 * of a deadline is the one of its abort.
 */
export function reasonOf(failure: AttemptFailure, cause: unknown): string {
  const code = failure === 'timeout' ? undefined : (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : failure;
}

export function outcomeOf(statusCode: number): AttemptOutcome {
  if (statusCode < 400) return 'success';
  if (statusCode === 429) return 'throttled';
  return statusCode < 500 ? 'client_error' : 'server_error';
}

/** Whether a caller that was answered so has got nothing for its request. */
export function isFailureStatus(statusCode: number): boolean {
  return statusCode === 429 || statusCode >= 500;
}

/** Whether an attempt that ended so has failed its request: a refusal for want of capacity, too. */
export function isFailure(outcome: AttemptOutcome): boolean {
  return outcome !== 'success' && outcome !== 'client_error' && outcome !== 'cancelled';
}
