import type { BreakerRule } from './rule.ts';

/** Remembers recent outcomes and says when a rule's threshold is reached. Times never go back. */
export interface FailureWindow {
  /** Records one outcome; true when the threshold is now reached. */
  record(failed: boolean, now: number): boolean;
  clear(): void;
}

export function failureWindow(rule: BreakerRule): FailureWindow {
  return rule.failureCount === undefined
    ? new PercentageWindow(
        rule.failurePercentage ?? 100,
        rule.minimumRequests ?? 1,
        rule.intervalMs,
      )
    : new CountWindow(rule.failureCount, rule.intervalMs);
}

/** The last `count` failures in a ring: the threshold is reached when all lie within the interval. */
export class CountWindow implements FailureWindow {
  readonly #times: Float64Array;
  readonly #intervalMs: number;
  #next = 0;

  constructor(count: number, intervalMs: number) {
    this.#times = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#intervalMs = intervalMs;
  }

  record(failed: boolean, now: number): boolean {
    if (!failed) return false;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#times.length;
    const oldest = this.#times[this.#next] as number;
    return now - oldest <= this.#intervalMs;
  }

  clear(): void {
    this.#times.fill(Number.NEGATIVE_INFINITY);
  }
}

const BUCKETS = 32;

/** Times may be below zero: only their differences mean anything. */
function slotOf(bucket: number): number {
  return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
}

/**
 * Outcomes by bucket of 1/32 of the interval: bounded memory at any rate, at the price that an
 * outcome may be forgotten up to one bucket early. It is never remembered too long.
 */
export class PercentageWindow implements FailureWindow {
  readonly #totals = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  readonly #percentage: number;
  readonly #minimum: number;
  readonly #bucketMs: number;
  #bucket = Number.NEGATIVE_INFINITY;
  #total = 0;
  #failed = 0;

  constructor(percentage: number, minimum: number, intervalMs: number) {
    this.#percentage = percentage;
    this.#minimum = minimum;
    this.#bucketMs = intervalMs / BUCKETS;
  }

  record(failed: boolean, now: number): boolean {
    this.#advance(Math.floor(now / this.#bucketMs));
    const index = slotOf(this.#bucket);
    this.#totals[index] = (this.#totals[index] as number) + 1;
    this.#total++;
    if (failed) {
      this.#failures[index] = (this.#failures[index] as number) + 1;
      this.#failed++;
    }
    // Multiplied out, so that exactly half of an even number is exactly 50 %.
    return this.#total >= this.#minimum && this.#failed * 100 >= this.#percentage * this.#total;
  }

  clear(): void {
    this.#totals.fill(0);
    this.#failures.fill(0);
    this.#total = 0;
    this.#failed = 0;
  }

  #advance(bucket: number): void {
    if (bucket === this.#bucket) return;
    if (bucket - this.#bucket >= BUCKETS) {
      this.clear();
    } else {
      for (let stale = this.#bucket + 1; stale <= bucket; stale++) {
        const index = slotOf(stale);
        this.#total -= this.#totals[index] as number;
        this.#failed -= this.#failures[index] as number;
        this.#totals[index] = 0;
        this.#failures[index] = 0;
      }
    }
    this.#bucket = bucket;
  }
}
