import { expect, it } from 'vitest';
import { seededRandom } from '../../support/seeded-random.ts';
import { trendOf } from './trend.ts';

it('finds the slope of a line without doubt', () => {
  const { slope, error } = trendOf([
    [0, 1],
    [10, 21],
    [20, 41],
  ]);
  expect(slope).toBeCloseTo(2);
  expect(error).toBeCloseTo(0);
});

it('has the true slope within three errors, however the points are scattered', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 50; round += 1) {
    const points = Array.from({ length: 40 }, (_, x) => [x, 0.5 * x + 30 * random()] as const);
    const { slope, error } = trendOf(points);
    expect(Math.abs(slope - 0.5)).toBeLessThan(3.5 * error);
  }
});

it('refuses what no line can be drawn through', () => {
  expect(() =>
    trendOf([
      [1, 1],
      [2, 2],
    ]),
  ).toThrow('at least 3 points, got 2');
  expect(() =>
    trendOf([
      [1, 1],
      [1, 2],
      [1, 3],
    ]),
  ).toThrow('points that are apart');
});
