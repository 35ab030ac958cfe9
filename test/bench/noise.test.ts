import { describe, expect, it } from 'vitest';
import type { FiguresOf, Judgement, Limit } from './judge.ts';
import { guardOf, isRegression, noiseOf, twins } from './noise.ts';

const noise = new Map([
  ['processor time', 0.1],
  ['added median latency', 0.05],
]);

describe('the noise of a run', () => {
  const figuresOf =
    (again: number[], once: number[], figure: string): FiguresOf =>
    (_row, contender, asked) => {
      if (asked !== figure) return [];
      return contender === twins.contender ? again : once;
    };

  it('is what the same server differs by from itself', () => {
    const found = noiseOf(figuresOf([20, 23], [20, 20], 'microsPerRequest'));
    expect(found.get('processor time')).toBeCloseTo(0.15);
  });

  it('is the same whichever of the twins is the slower one', () => {
    const found = noiseOf(figuresOf([20, 20], [20, 23], 'microsPerRequest'));
    expect(found.get('processor time')).toBeCloseTo(0.15);
  });

  it('is a difference where differences are judged', () => {
    const found = noiseOf(figuresOf([0.1, 0.1], [0.3, 0.1], 'p50Ms'));
    expect(found.get('added median latency')).toBeCloseTo(0.2);
  });

  it('is never nothing, however well the twins agree, or without them', () => {
    const least = new Map([
      ['processor time', 0.05],
      ['requests/s', 0.05],
      ['added median latency', 0.02],
      ['added mean latency', 0.02],
    ]);
    expect(noiseOf(figuresOf([20, 20], [20, 20], 'microsPerRequest'))).toEqual(least);
    expect(noiseOf(() => [])).toEqual(least);
  });
});

describe('a regression', () => {
  const judgement = (limit: Limit, low: number, high: number): Judgement => ({
    subject: 'ours / theirs',
    measure: limit.unit === 'ms' ? 'added median latency' : 'processor time',
    row: 'get',
    limit,
    verdict: 'missed',
    interval: { low, high },
  });

  it('is an interval that lies wholly beyond the limit and the noise', () => {
    const limit: Limit = { bound: 'at most', value: 1 };
    expect(isRegression(judgement(limit, 1.11, 1.3), noise)).toBe(true);
    expect(isRegression(judgement(limit, 1.09, 1.3), noise)).toBe(false);
  });

  it('is judged by the ceiling where a goal is known to be missed', () => {
    const limit: Limit = { bound: 'at most', value: 1, ceiling: 1.2 };
    expect(guardOf(judgement(limit, 1, 2), noise)).toBeCloseTo(1.32);
    expect(isRegression(judgement(limit, 1.31, 1.5), noise)).toBe(false);
    expect(isRegression(judgement(limit, 1.33, 1.5), noise)).toBe(true);
  });

  it('of what is asked for at least lies below', () => {
    const limit: Limit = { bound: 'at least', value: 55 };
    expect(isRegression(judgement(limit, 40, 51), noise)).toBe(false);
    expect(isRegression(judgement(limit, 40, 49), noise)).toBe(true);
  });

  it('of a difference has its noise in milliseconds', () => {
    const limit: Limit = { bound: 'at most', value: 0.1, unit: 'ms' };
    expect(isRegression(judgement(limit, 0.14, 0.2), noise)).toBe(false);
    expect(isRegression(judgement(limit, 0.16, 0.2), noise)).toBe(true);
  });

  it('is none where nothing was measured', () => {
    const { interval: _, ...unmeasured } = judgement({ bound: 'at most', value: 1 }, 0, 0);
    expect(isRegression(unmeasured, noise)).toBe(false);
  });
});
