/**
 * Where Spillway reads the time and sets its timers. Inject one to test hours in milliseconds.
 *
 * `now()` is monotonic, in milliseconds, with an origin of its own: only differences mean anything.
 */
export interface Clock {
  now(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now, unless cancelled before. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** A pending call of {@link Clock.setTimer}. */
export interface Timer {
  cancel(): void;
  /** Lets the process end although the timer is pending. Optional: a fake clock needs none. */
  unref?(): void;
}

/** Numbers in [0, 1), as `Math.random` gives them. Inject a seeded one for repeatable draws. */
export type Random = () => number;

/** `setTimeout` fires at once for any delay above this (2^31 − 1 ms, 24.8 days). */
const LONGEST_DELAY_MS = 2_147_483_647;

/**
 * The process's own clock. The globals are looked up at each call, so that fake timers installed
 * later reach it too.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(callback, delayMs) {
    const timeout = setTimeout(callback, Math.min(delayMs, LONGEST_DELAY_MS));
    return {
      cancel: () => clearTimeout(timeout),
      unref: () => timeout.unref(),
    };
  },
};
