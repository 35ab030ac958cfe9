/** What a trip was decided on. */
export interface Trip {
  /** The status that tripped; `undefined` when there was no answer. */
  readonly statusCode: number | undefined;
  readonly durationMs: number;
}
