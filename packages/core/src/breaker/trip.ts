/** What stood behind a failure: the status of the answer, or why there was none. */
export type FailureCause = number | string | undefined;

/** What a trip was decided on. */
export interface Trip {
  /** The status that tripped; `undefined` when there was no answer, or an operator tripped it. */
  readonly statusCode: number | undefined;
  /**
   * Why there was no answer: the code of the error, `'ECONNREFUSED'` for example, or `'timeout'`;
   * absent when there was one, or an operator tripped it.
   */
  readonly reason?: string | undefined;
  readonly durationMs: number;
}
