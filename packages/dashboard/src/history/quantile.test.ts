import { describe, expect, it } from 'vitest';
import { quantileMs } from './quantile.ts';

const boundsSeconds = [0.1, 0.5, 1];
const of = (...counts: number[]) => ({ boundsSeconds, counts: Float64Array.from(counts) });

describe('a quantile of a histogram', () => {
  it('lies evenly within its bucket', () => {
    expect(quantileMs(of(0, 10, 0, 0), 0.5)).toBeCloseTo(300);
    expect(quantileMs(of(0, 10, 0, 0), 1)).toBeCloseTo(500);
    expect(quantileMs(of(10, 10, 0, 0), 0.75)).toBeCloseTo(300);
  });

  it('begins at nothing', () => {
    expect(quantileMs(of(10, 0, 0, 0), 0.5)).toBeCloseTo(50);
  });

  it('is the highest bound where it is above all', () => {
    expect(quantileMs(of(1, 0, 0, 99), 0.99)).toBe(1_000);
  });

  it('is not there without observations', () => {
    expect(quantileMs(of(0, 0, 0, 0), 0.99)).toBeNull();
  });
});
