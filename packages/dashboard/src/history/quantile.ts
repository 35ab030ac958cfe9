/** Counts by bucket, as the engine's histograms have them: the last one is above all bounds. */
export interface Buckets {
  readonly boundsSeconds: readonly number[];
  readonly counts: Float64Array;
}

/**
 * The time that a share of the observations is at most as long as, in milliseconds, as Prometheus'
 * `histogram_quantile` has it: even within a bucket, and the highest bound for what is above it.
 * `null` without observations.
 */
export function quantileMs({ boundsSeconds, counts }: Buckets, quantile: number): number | null {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [bucket, upper] of boundsSeconds.entries()) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && below + count >= rank) {
      const lower = boundsSeconds[bucket - 1] ?? 0;
      return (lower + ((upper - lower) * (rank - below)) / count) * 1_000;
    }
    below += count;
  }
  return (boundsSeconds.at(-1) ?? 0) * 1_000;
}
