import { describe, expect, it } from 'vitest';
import { DURATION_BUCKETS_SECONDS, DurationHistogram } from './histogram.ts';

describe('DurationHistogram', () => {
  it('counts a duration in the first bucket whose bound it does not exceed', () => {
    DURATION_BUCKETS_SECONDS.forEach((bound, index) => {
      const histogram = new DurationHistogram();
      histogram.observe(bound * 1_000);
      expect(histogram.counts[index], `${bound} s`).toBe(1);
      histogram.observe(bound * 1_000 + 0.001);
      expect(histogram.counts[index], `above ${bound} s`).toBe(1);
      expect(histogram.counts[index + 1], `above ${bound} s`).toBe(1);
    });
  });

  it('counts what is above all bounds in the last bucket', () => {
    const histogram = new DurationHistogram();
    histogram.observe(3_600_000);
    expect(histogram.counts.at(-1)).toBe(1);
    expect(histogram.counts).toHaveLength(DURATION_BUCKETS_SECONDS.length + 1);
  });

  it('adds up durations in seconds', () => {
    const histogram = new DurationHistogram();
    for (const durationMs of [0, 250, 1_500]) histogram.observe(durationMs);
    expect(histogram.sumSeconds).toBeCloseTo(1.75, 12);
  });
});
