/** What a trip was decided on. */
export interface Trip {
  /** The status that tripped; `undefined` when there was no answer, or an operator tripped it. */
  readonly statusCode: number | undefined;
  readonly durationMs: number;
}
