/** Who knows how many instances there are to be, and can change it. */
export interface Scaler {
  /**
   * How many there are to be, as things are now: those that serve, and those that start. Somebody
   * else may have changed it.
   * @param signal aborted when the answer comes too late to be of use
   */
  current(signal: AbortSignal): number | Promise<number>;
  /**
   * Makes it so many. Resolves when that is done, and rejects when it cannot be. Never called while
   * an earlier call is under way, unless that one was given up.
   * @param signal aborted when the call is given up
   */
  scaleTo(count: number, signal: AbortSignal): void | Promise<void>;
}
