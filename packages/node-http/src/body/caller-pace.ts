/** How much a caller has to send for its time to begin anew, in bytes. */
const PORTION_BYTES = 65_536;

/**
 * The time that a caller takes for its body: only while it is the caller's turn, and in all for each
 * portion, so that one that drips is found to be as slow as one that has stopped.
 */
export class CallerPace {
  readonly #limitMs: number;
  #since: number | undefined;
  #takenMs = 0;
  #bytes = 0;

  /** @param limitMs the most that it may take for a portion, in milliseconds */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Whether it is the caller's turn. */
  get awaited(): boolean {
    return this.#since !== undefined;
  }

  /** The caller has to send more. */
  begin(now: number): void {
    this.#since ??= now;
  }

  /** False when the caller has taken too long for it. */
  came(bytes: number, now: number): boolean {
    if (this.#since !== undefined) this.#takenMs += now - this.#since;
    this.#since = undefined;
    const inTime = this.#takenMs <= this.#limitMs;
    this.#bytes += bytes;
    if (this.#bytes >= PORTION_BYTES) {
      this.#bytes = 0;
      this.#takenMs = 0;
    }
    return inTime;
  }
}
