import { describe, expect, it } from 'vitest';
import type { Goal } from './goals.ts';
import { type FiguresOf, judge, judgeGoal, type Limit } from './judge.ts';
import type { Sample } from './measure.ts';

describe('judge', () => {
  describe('by the most that is allowed', () => {
    const limit: Limit = { bound: 'at most', value: 0.5 };
    const verdict = (values: number[]) => judge(limit, values).verdict;

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
  });

  describe('by the least that is asked for', () => {
    const limit: Limit = { bound: 'at least', value: 50 };
    const verdict = (values: number[]) => judge(limit, values).verdict;

    it('is met when the median is at the limit', () => {
      expect(verdict([10, 50, 60])).toBe('met');
    });

    it('does not fail for what this run cannot tell from the limit', () => {
      expect(verdict([51, 49, 48, 47, 46, 45])).toBe('within noise');
    });

    it('is missed when the whole interval lies below the limit', () => {
      expect(verdict([49, 48, 47, 46, 45, 44])).toBe('missed');
    });

    it('is not saved by one lucky round among many', () => {
      expect(verdict([90, 49, 48, 47, 46, 45, 44, 43, 42])).toBe('missed');
    });
  });

  it('tells the median, its interval, and the spread', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(judge({ bound: 'at most', value: 5 }, values)).toEqual({
      verdict: 'met',
      median: 5,
      interval: { low: 2, high: 8 },
      spread: { low: 1, high: 9 },
    });
  });

  it('says when there was nothing to judge', () => {
    expect(judge({ bound: 'at most', value: 5 }, [])).toEqual({ verdict: 'not measured' });
  });
});

describe('judgeGoal', () => {
  type Figures = Record<string, Partial<Record<keyof Sample, number[]>>>;
  const of =
    (figures: Figures): FiguresOf =>
    (_row, contender, figure) =>
      figures[contender]?.[figure] ?? [];

  const cost: Goal = {
    measure: 'processor time',
    contender: 'ours',
    against: 'bare',
    limit: 1.1,
    rows: ['get'],
  };

  it('compares processor time round by round', () => {
    const figures = of({
      ours: { microsPerRequest: [21, 42] },
      bare: { microsPerRequest: [20, 40] },
    });
    expect(judgeGoal(cost, 'get', figures)).toMatchObject({
      subject: 'ours / bare',
      measure: 'processor time',
      row: 'get',
      limit: { bound: 'at most', value: 1.1 },
      verdict: 'met',
      median: 1.05,
    });
  });

  it('compares latency by what is added', () => {
    const figures = of({ ours: { p50Ms: [0.25, 0.5] }, bare: { p50Ms: [0.125, 0.25] } });
    const goal: Goal = { ...cost, measure: 'added median latency', limit: 0.1 };
    expect(judgeGoal(goal, 'get', figures)).toMatchObject({
      limit: { bound: 'at most', value: 0.1, unit: 'ms' },
      verdict: 'missed',
      median: 0.1875,
    });
  });

  it('cannot judge without the figures of both', () => {
    const figures = of({ ours: { microsPerRequest: [21] } });
    expect(judgeGoal(cost, 'get', figures).verdict).toBe('not measured');
  });

  it('tells what a row costs beside another row of the same contender', () => {
    const micros: Record<string, number[]> = { small: [20, 40], large: [22, 44] };
    const goal: Goal = { ...cost, against: 'ours', rows: ['large'], againstRow: 'small' };
    const figures: FiguresOf = (row) => micros[row] ?? [];
    expect(judgeGoal(goal, 'large', figures)).toMatchObject({
      subject: 'ours / itself on small',
      verdict: 'met',
      median: 1.1,
    });
  });

  it('judges by the limit, and passes on what is let pass all the same', () => {
    const figures = of({ ours: { microsPerRequest: [24] }, bare: { microsPerRequest: [20] } });
    expect(judgeGoal({ ...cost, ceiling: 1.3 }, 'get', figures)).toMatchObject({
      limit: { value: 1.1, ceiling: 1.3 },
      verdict: 'missed',
    });
  });

  describe('with another goal where this one is out of reach', () => {
    const goal: Goal = {
      measure: 'requests/s',
      contender: 'ours',
      against: 'slow',
      limit: 50,
      rows: ['get'],
      otherwise: { against: 'bare', limit: 0.85 },
    };
    const judged = (ours: number, slow: number, bare: number) =>
      judgeGoal(
        goal,
        'get',
        of({
          ours: { requestsPerSecond: [ours] },
          slow: { requestsPerSecond: [slow] },
          bare: { requestsPerSecond: [bare] },
        }),
      );

    it('is judged by itself where the bare contender reaches it', () => {
      const expected = { subject: 'ours / slow', limit: { bound: 'at least', value: 50 } };
      expect(judged(5_100, 100, 5_200)).toMatchObject({ ...expected, verdict: 'met', median: 51 });
      expect(judged(4_900, 100, 5_200)).toMatchObject({ ...expected, verdict: 'missed' });
    });

    it('is judged by the other where it does not', () => {
      const expected = { subject: 'ours / bare', limit: { bound: 'at least', value: 0.85 } };
      expect(judged(3_600, 100, 4_000)).toMatchObject({ ...expected, verdict: 'met', median: 0.9 });
      expect(judged(3_000, 100, 4_000)).toMatchObject({ ...expected, verdict: 'missed' });
    });

    it('cannot be judged without the figures that it is about', () => {
      const figures = of({
        ours: { requestsPerSecond: [5_000] },
        bare: { requestsPerSecond: [5_000] },
      });
      expect(judgeGoal(goal, 'get', figures)).toMatchObject({
        subject: 'ours / slow',
        verdict: 'not measured',
      });
    });
  });
});
