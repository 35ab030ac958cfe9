import { positiveMs } from '../options.ts';
import { DurationHistogram } from './histogram.ts';

/** What every policy has an option for. */
export interface ApdexOptions {
  /**
   * How long an answer may take for its caller to be satisfied, in milliseconds: the T of the Apdex.
   * Up to four times as long is tolerated.
   * @defaultValue 500
   */
  readonly apdexMs?: number | undefined;
}

export const DEFAULT_APDEX_MS = 500;
export const readApdexMs = positiveMs;

/** How callers have fared, as `status()` shows it. What is of the last minute is absent without requests. */
export interface ServiceLevelStatus {
  /** Requests that were answered, or would have been: not those whose callers left. */
  readonly total: number;
  /** Of these: 429, 5xx, and answers that broke off. */
  readonly failed: number;
  /** In the last minute. */
  readonly requestsPerMinute: number;
  /** In the last minute. */
  readonly failureRatio?: number;
  /** From the request's arrival at the policy to the end of its answer, in the last minute. */
  readonly meanMs?: number;
  /** From 0 to 1, in the last minute. */
  readonly apdex?: number;
  /** The T that it is measured with. */
  readonly apdexMs: number;
}

/** How satisfied a caller is with the time that an answer took, by Apdex. */
export type Satisfaction = 'satisfied' | 'tolerating' | 'frustrated';

/** A minute is kept in slots of five seconds, the one that is under way included. */
const SLOT_MS = 5_000;
const SLOTS = 12;
/** What the last minute covers at least, once it is over. */
const COVERED_MS = (SLOTS - 1) * SLOT_MS;
const MINUTE_MS = 60_000;

/** How the callers of one policy fare: since the start as counters, and in the last minute. */
export class ServiceLevel {
  /** Of the answers from now on. */
  apdexMs: number;
  readonly durations = new DurationHistogram();
  readonly #counts = { satisfied: 0, tolerating: 0, frustrated: 0 };
  #failed = 0;
  readonly #startedAt: number;
  readonly #slots = Array.from({ length: SLOTS }, emptySlot);
  /** The number of the slot that is under way, counted from the start. */
  #latest = 0;

  constructor(apdexMs: number, now: number) {
    this.apdexMs = apdexMs;
    this.#startedAt = now;
  }

  /** Answers since the start. */
  get counts(): Readonly<Record<Satisfaction, number>> {
    return this.#counts;
  }

  /** Of the answers since the start: 429, 5xx, and those that broke off. */
  get failed(): number {
    return this.#failed;
  }

  /** A request is over; those of callers that have left are not counted. */
  observe(durationMs: number, failed: boolean, now: number): void {
    const slot = this.#advance(now);
    this.durations.observe(durationMs);
    slot.requests++;
    slot.durationMs += durationMs;
    if (failed) {
      this.#failed++;
      this.#counts.frustrated++;
      slot.failed++;
    } else if (durationMs <= this.apdexMs) {
      this.#counts.satisfied++;
      slot.satisfied++;
    } else if (durationMs <= 4 * this.apdexMs) {
      this.#counts.tolerating++;
      slot.tolerating++;
    } else {
      this.#counts.frustrated++;
    }
  }

  status(now: number): ServiceLevelStatus {
    this.#advance(now);
    const minute = emptySlot();
    for (const slot of this.#slots) {
      for (const field of FIELDS) minute[field] += slot[field];
    }
    const { requests, failed, durationMs, satisfied, tolerating } = minute;
    const intoSlotMs = now - this.#startedAt - this.#latest * SLOT_MS;
    const counts = this.#counts;
    return {
      total: counts.satisfied + counts.tolerating + counts.frustrated,
      failed: this.#failed,
      requestsPerMinute: (requests * MINUTE_MS) / (COVERED_MS + intoSlotMs),
      ...(requests > 0 && {
        failureRatio: failed / requests,
        meanMs: durationMs / requests,
        apdex: (satisfied + tolerating / 2) / requests,
      }),
      apdexMs: this.apdexMs,
    };
  }

  /** Forgets what is older than a minute; gives the slot that is under way. */
  #advance(now: number): Slot {
    const slot = Math.floor((now - this.#startedAt) / SLOT_MS);
    if (slot > this.#latest) {
      for (let past = Math.max(this.#latest + 1, slot - SLOTS + 1); past <= slot; past++) {
        Object.assign(this.#slots[past % SLOTS] as Slot, emptySlot());
      }
      this.#latest = slot;
    }
    return this.#slots[this.#latest % SLOTS] as Slot;
  }
}

/** What came of the requests that were over in some seconds. */
interface Slot {
  requests: number;
  failed: number;
  satisfied: number;
  tolerating: number;
  durationMs: number;
}

const FIELDS = ['requests', 'failed', 'satisfied', 'tolerating', 'durationMs'] as const;

function emptySlot(): Slot {
  return { requests: 0, failed: 0, satisfied: 0, tolerating: 0, durationMs: 0 };
}
