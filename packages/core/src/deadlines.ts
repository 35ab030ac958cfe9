import type { Clock, Timer } from './clock.ts';

/** The links of an entry of {@link Deadlines}; they belong to the list that it stands in. */
export interface Expiring {
  deadlines: Deadlines<never> | undefined;
  expiresAt: number;
  earlier: Expiring | undefined;
  later: Expiring | undefined;
  /** Called once when the time is up; the entry has left the list by then. */
  expire(): void;
}

/**
 * Deadlines of one duration, for many requests, at the price of one timer.
 *
 * All entries wait equally long, so the order of arrival is the order of expiry: a linked list
 * suffices, entering and leaving cost O(1) and allocate nothing. It is a waiting line, too.
 */
export class Deadlines<E extends Expiring = Expiring> {
  readonly #clock: Clock;
  #durationMs: number;
  #first: Expiring | undefined;
  #last: Expiring | undefined;
  #length = 0;
  #timer: Timer | undefined;
  #expiring = false;
  #closed = false;
  #retired = false;

  constructor(durationMs: number, clock: Clock) {
    this.#durationMs = durationMs;
    this.#clock = clock;
  }

  get durationMs(): number {
    return this.#durationMs;
  }

  get length(): number {
    return this.#length;
  }

  /** The entry that has been in the list longest. */
  get first(): E | undefined {
    return this.#first as E | undefined;
  }

  /** Starts the entry's time. It must not stand in any list. */
  start(entry: E, now = this.#clock.now()): void {
    entry.deadlines = this as unknown as Deadlines<never>;
    entry.expiresAt = now + this.#durationMs;
    entry.earlier = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.later = entry;
    this.#last = entry;
    this.#length++;
    if (this.#timer === undefined && !this.#expiring) this.#arm(this.#durationMs);
  }

  /**
   * Changes the duration. A longer one is for those who start from now on; a shorter one for those
   * too who are in the list, counted from now: nobody overtakes them.
   */
  setDuration(durationMs: number, now = this.#clock.now()): void {
    this.#durationMs = durationMs;
    const latest = now + durationMs;
    let entry = this.#last;
    for (; entry !== undefined && entry.expiresAt > latest; entry = entry.earlier) {
      entry.expiresAt = latest;
    }
    if (entry !== undefined || this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = undefined;
    if (this.#first !== undefined) this.#arm(durationMs);
  }

  /** Nobody starts here any more: the timer goes with the last that is in the list. */
  retire(): void {
    this.#retired = true;
    if (this.#length === 0) this.close();
  }

  /** Cancels the timer. Entries that are still in the list will not expire. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** {@link stopDeadline} for an entry that is known to be in this list. */
  remove(entry: Expiring): void {
    if (entry.earlier === undefined) this.#first = entry.later;
    else entry.earlier.later = entry.later;
    if (entry.later === undefined) this.#last = entry.earlier;
    else entry.later.earlier = entry.earlier;
    entry.deadlines = undefined;
    entry.earlier = undefined;
    entry.later = undefined;
    this.#length--;
    if (this.#retired && this.#length === 0) this.close();
  }

  #arm(delayMs: number): void {
    if (this.#closed) return;
    this.#timer = this.#clock.setTimer(() => this.#expireDue(), Math.max(1, Math.ceil(delayMs)));
    this.#timer.unref?.();
  }

  #expireDue(): void {
    this.#timer = undefined;
    this.#expiring = true;
    const now = this.#clock.now();
    try {
      while (this.#first !== undefined && this.#first.expiresAt <= now && !this.#closed) {
        const entry = this.#first;
        this.remove(entry);
        entry.expire();
      }
    } finally {
      this.#expiring = false;
      if (this.#first !== undefined) this.#arm(this.#first.expiresAt - now);
    }
  }
}

/** Takes the entry out of the list that it stands in, if any. */
export function stopDeadline(entry: Expiring): void {
  entry.deadlines?.remove(entry);
}
