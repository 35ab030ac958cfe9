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
 * later reach it too. However long a delay is, it is kept: in stretches that `setTimeout` can wait.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(callback, delayMs) {
    if (delayMs > LONGEST_DELAY_MS) return new LongTimer(callback, delayMs);
    const timeout = setTimeout(callback, delayMs);
    return {
      cancel: () => clearTimeout(timeout),
      unref: () => timeout.unref(),
    };
  },
};

/** One timer after another, until the delay is over. */
class LongTimer implements Timer {
  readonly #callback: () => void;
  #leftMs: number;
  #timeout: NodeJS.Timeout | undefined;
  #keepsProcess = true;

  constructor(callback: () => void, delayMs: number) {
    this.#callback = callback;
    this.#leftMs = delayMs;
    this.#waitOn();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  unref(): void {
    this.#keepsProcess = false;
    this.#timeout?.unref();
  }

  #waitOn(): void {
    const stretchMs = Math.min(this.#leftMs, LONGEST_DELAY_MS);
    this.#leftMs -= stretchMs;
    this.#timeout = setTimeout(() => {
      if (this.#leftMs > 0) this.#waitOn();
      else this.#callback();
    }, stretchMs);
    if (!this.#keepsProcess) this.#timeout.unref();
  }
}
