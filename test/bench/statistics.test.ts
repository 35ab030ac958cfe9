import { describe, expect, it } from 'vitest';
import { differencesByRound, median, medianInterval, ratiosByRound } from './statistics.ts';

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

describe('differencesByRound', () => {
  it('subtracts within a round only', () => {
    expect(differencesByRound([10, undefined, 30], [4, 20, 40])).toEqual([6, -10]);
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
