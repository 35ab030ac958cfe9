import type { Clock, Timer } from '@spillway/core';

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to move, and then runs the timers on its way in order. */
export class FakeClock implements Clock {
  readonly #pending = new Set<Pending>();
  #watchers: (() => void)[] = [];
  #now: number;

  constructor(startMs = 1_000) {
    this.#now = startMs;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { at: this.#now + delayMs, callback };
    this.#pending.add(timer);
    for (const wake of this.#watchers.splice(0)) wake();
    return { cancel: () => this.#pending.delete(timer) };
  }

  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#now = Math.max(this.#now, due.at);
      this.#pending.delete(due);
      due.callback();
    }
    this.#now = until;
  }

  /** Resolves once somebody waits: the request that a test has sent has arrived where it pauses. */
  async timerSet(): Promise<void> {
    if (this.#pending.size > 0) return;
    await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #next(until: number): Pending | undefined {
    let next: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}
