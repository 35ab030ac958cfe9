import { describe, expect, it } from 'vitest';
import { curvesOf, perKib } from './curve-figures.ts';
import { readOptions } from './options.ts';
import { makePlan } from './plan.ts';
import { Results } from './results.ts';
import type { Measured } from './rounds.ts';

function planOf(row: string) {
  const options = readOptions(['--rows', row]);
  if (options === undefined) throw new Error('The usage was asked for.');
  return makePlan(options);
}

describe('perKib', () => {
  it('tells what each KiB costs over an empty body', () => {
    expect(perKib([0, 1_024, 10_240], [50, 53, 70])).toEqual([undefined, 3, 2]);
  });

  it('has nothing to tell where a figure is missing', () => {
    expect(perKib([0, 1_024, 2_048], [50, undefined, 52])).toEqual([undefined, undefined, 1]);
    expect(perKib([0, 1_024], [undefined, 52])).toEqual([undefined, undefined]);
  });
});

describe('curvesOf', () => {
  const plan = planOf('refused');
  const measured = (
    contender: string,
    row: string,
    micros: number[],
    failure?: string,
  ): Measured => ({
    contender,
    row,
    samples: micros.map((microsPerRequest) => ({
      microsPerRequest,
      requestsPerSecond: 1,
      meanMs: 1,
      p50Ms: 1,
      p99Ms: 1,
      busy: 1,
    })),
    ...(failure !== undefined && { failure }),
  });
  const seriesOf = (name: string, ...entries: Measured[]) =>
    curvesOf(plan, new Results(entries))[0]?.series.find((series) => series.name === name);

  it('divides within a round: by the first point, and by the other contender', () => {
    const series = seriesOf(
      'failover-express',
      measured('failover-express', 'refused-0', [50, 100]),
      measured('failover-express', 'refused-50', [75, 150]),
      measured('failover-express', 'refused-100', [100, 200]),
      measured('undici-retry-express', 'refused-0', [50, 100]),
      measured('undici-retry-express', 'refused-100', [80, 160]),
    );
    expect(series).toEqual({
      name: 'failover-express',
      own: true,
      values: [75, 112.5, 150],
      derived: [
        { title: 'times the first', values: [1, 1.5, 2] },
        { title: 'of undici-retry-express', values: [1, undefined, 1.25] },
      ],
    });
  });

  it('leaves a point out that failed, and says why', () => {
    const series = seriesOf(
      'failover-express',
      measured('failover-express', 'refused-0', [50]),
      measured('failover-express', 'refused-50', [60], '3 of 9 requests failed.'),
    );
    expect(series).toMatchObject({
      values: [50, undefined, undefined],
      failure: '3 of 9 requests failed.',
    });
  });

  it('is none for a single point', () => {
    expect(curvesOf(planOf('backends-3'), new Results([]))).toEqual([]);
  });
});
