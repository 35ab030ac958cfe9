import { describe, expect, it } from 'vitest';
import { type Goal, judge } from './goals.ts';
import { median, medianInterval, ratiosByRound } from './statistics.ts';

const oneTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe('median', () => {
  it('is the middle of an odd count, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the middle two of an even count', () => {
    expect(median([10, 2, 1, 4])).toBe(3);
  });

  it('leaves its input as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('refuses an empty list', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('ratiosByRound', () => {
  it('divides within a round only', () => {
    expect(ratiosByRound([10, 30], [20, 40])).toEqual([0.5, 0.75]);
  });

  it('drops a round that lacks either contender', () => {
    expect(ratiosByRound([10, undefined, 30, 40], [20, 20, undefined])).toEqual([0.5]);
  });

  it('cancels what slows both contenders of a round alike', () => {
    const quiet = ratiosByRound([40, 40, 40], [80, 80, 80]);
    const noisy = ratiosByRound([40, 60, 44], [80, 120, 88]);
    expect(noisy).toEqual(quiet);
  });
});

describe('medianInterval', () => {
  // The ranks are those of published tables for the sign test at 95 %.
  it.each([
    [5, 1, 5],
    [6, 1, 6],
    [8, 1, 8],
    [9, 2, 8],
    [10, 2, 9],
    [12, 3, 10],
    [15, 4, 12],
    [20, 6, 15],
    [25, 8, 18],
  ])('of %i values reaches from the rank %i to the rank %i', (n, low, high) => {
    expect(medianInterval(oneTo(n).reverse())).toEqual({ low, high });
  });

  it('of one value is that value', () => {
    expect(medianInterval([7])).toEqual({ low: 7, high: 7 });
  });
});

describe('judge', () => {
  const goal: Goal = { contender: 'a', against: 'b', limit: 0.5, rows: ['get'] };
  const verdict = (ratios: number[]) => judge(goal, 'get', ratios).verdict;

  it('is met when the median is at the limit', () => {
    expect(verdict([0.4, 0.5, 0.9])).toBe('met');
  });

  it('does not fail for what this run cannot tell from the limit', () => {
    expect(verdict([0.49, 0.51, 0.52, 0.53, 0.54, 0.55])).toBe('within noise');
  });

  it('is missed when the whole interval lies above the limit', () => {
    expect(verdict([0.51, 0.52, 0.53, 0.54, 0.55, 0.56])).toBe('missed');
  });

  it('is not saved by one lucky round among many', () => {
    expect(verdict([0.4, 0.52, 0.53, 0.54, 0.55, 0.56, 0.57, 0.58, 0.59])).toBe('missed');
  });

  it('says when there was nothing to judge', () => {
    expect(judge(goal, 'get', [])).toEqual({ goal, row: 'get', verdict: 'not measured' });
  });
});
