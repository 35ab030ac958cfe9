import { describe, expect, it } from 'vitest';
import type { Point } from '../../src/contract.ts';
import {
  latencySeries,
  queueSeries,
  rangeOf,
  refusedSeries,
  requestSeries,
  stack,
} from './series.ts';

const point = (at: number, requests: Record<string, number>, refused = {}): Point => ({
  at,
  pools: { chat: { requests, refused, p50Ms: 1, p99Ms: 2 } },
  gates: { reports: { queueRatio: 0.5, running: 1, waiting: 1 } },
  policies: { chat: { requests: 1, p50Ms: 10, p99Ms: null } },
});

describe('series', () => {
  it('have a layer for each backend, and for those that have gone', () => {
    const points = [point(1, { old: 3, stable: 1 }), point(2, { stable: 2 })];
    expect(requestSeries(points, 'chat', ['stable', 'canary'])).toEqual([
      { name: 'stable', colour: 0, values: [1, 2] },
      { name: 'canary', colour: 1, values: [0, 0] },
      { name: 'old', colour: 2, values: [3, 0] },
    ]);
  });

  it('have one layer for all that are not among the busiest of many', () => {
    const ids = Array.from({ length: 20 }, (_, index) => `b${index}`);
    const rates = Object.fromEntries(ids.map((id, index) => [id, index % 5 === 4 ? 10 : 1]));
    const series = requestSeries([point(1, rates)], 'chat', ids);
    expect(series.map(({ name }) => name)).toEqual([
      ...['b0', 'b1', 'b2', 'b4', 'b9', 'b14', 'b19'],
      '13 others',
    ]);
    expect(series.map(({ values }) => values[0])).toEqual([1, 1, 1, 10, 10, 10, 10, 13]);
    expect(series.map(({ colour }) => colour)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('add up what backends refused', () => {
    expect(refusedSeries([point(1, {}, { ptu1: 1, ptu2: 2 })], 'chat').values).toEqual([3]);
  });

  it('leave a gap where nothing was answered', () => {
    const [p50, p99] = latencySeries([point(1, {})], 'chat');
    expect([p50?.values, p99?.values]).toEqual([[10], [null]]);
    expect(queueSeries([point(1, {})], ['reports', 'new']).map(({ values }) => values)).toEqual([
      [0.5],
      [null],
    ]);
  });

  it('are stacked from the first to the last', () => {
    const layers = [
      { name: 'low', values: [1, null] },
      { name: 'high', values: [2, 3] },
    ];
    expect(stack(layers).map(({ values }) => values)).toEqual([
      [1, 0],
      [3, 3],
    ]);
  });
});

describe('the range of a chart', () => {
  it('grows with what there is, up to fifteen minutes', () => {
    expect(rangeOf([100_000, 130_000])).toEqual([70_000, 130_000]);
    expect(rangeOf([0, 61_000])).toEqual([-59_000, 61_000]);
    expect(rangeOf([0, 3_600_000])).toEqual([2_700_000, 3_600_000]);
    expect(rangeOf([])).toEqual([-60_000, 0]);
  });
});
