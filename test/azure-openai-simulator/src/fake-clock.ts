import type { Clock, Timer } from './clock.ts';

/** Time that passes only when a test says so. Starts at 0. */
export class FakeClock implements Clock {
  #now = 0;
  #timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>();
  #watchers: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { dueAt: this.#now + delayMs, callback };
    this.#timers.add(timer);
    for (const wake of this.#watchers.splice(0)) wake();
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Fires what is due, in order, each at its own time. */
  advance(durationMs: number): void {
    const end = this.#now + durationMs;
    for (;;) {
      const due = [...this.#timers].filter(({ dueAt }) => dueAt <= end);
      const next = due.sort((one, other) => one.dueAt - other.dueAt)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.dueAt;
      next.callback();
    }
    this.#now = end;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Resolves once somebody waits: the request that a test has sent has arrived where it pauses. */
  async timerSet(): Promise<void> {
    if (this.#timers.size > 0) return;
    await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }
}
