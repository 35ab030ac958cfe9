/** A timer that has not fired yet. */
export interface Timer {
  cancel(): void;
}

/** Monotonic milliseconds. Tests inject their own, so that no test has to wait. */
export interface Clock {
  now(): number;
  setTimer(callback: () => void, delayMs: number): Timer;
}

/**
 * Counts from the epoch but never jumps with the wall clock, so that the times of two processes on
 * one machine can be compared.
 */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimer: (callback, delayMs) => {
    const timeout = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timeout) };
  },
};
