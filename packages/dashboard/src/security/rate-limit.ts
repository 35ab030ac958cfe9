import type { Clock } from '@spillway/core';

interface Bucket {
  tokens: number;
  at: number;
}

const MINUTE_MS = 60_000;
/** With more names than this, those are forgotten that have not asked for a minute. */
const MAX_NAMES = 1_000;

/** So many a minute for each name, all at once if need be: a token bucket. */
export class RateLimit {
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Names that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** @returns 0 when it may be done now, otherwise in how many milliseconds */
  take(name: string): number {
    const now = this.#clock.now();
    const bucket = this.#bucketOf(name, now);
    const earned = ((now - bucket.at) * this.#perMinute) / MINUTE_MS;
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + earned);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * MINUTE_MS) / this.#perMinute);
    bucket.tokens--;
    return 0;
  }

  #bucketOf(name: string, now: number): Bucket {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_NAMES) this.#forget(now);
      bucket = { tokens: this.#perMinute, at: now };
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  #forget(now: number): void {
    for (const [name, { at }] of this.#buckets) {
      if (now - at >= MINUTE_MS) this.#buckets.delete(name);
    }
  }
}
