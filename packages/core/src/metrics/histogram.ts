/** Upper bounds in seconds: from a cache hit to a long completion. */
export const DURATION_BUCKETS_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];

/** Durations by bucket, as plain numbers: to observe one costs a few comparisons. */
export class DurationHistogram {
  /** Observations at most as long as the bound of the same index; the last one is above all bounds. */
  readonly counts = new Float64Array(DURATION_BUCKETS_SECONDS.length + 1);
  sumSeconds = 0;

  observe(durationMs: number): void {
    const seconds = durationMs / 1_000;
    let bucket = 0;
    while (seconds > (DURATION_BUCKETS_SECONDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sumSeconds += seconds;
  }
}
