import { describe, expect, it } from 'vitest';
import type { CurveFigures, Values } from '../curve-figures.ts';
import { curveCells } from './cells.ts';
import { plot } from './plot.ts';
import { scaleOf } from './scale.ts';
import { svgCurves } from './svg-curves.ts';

const curve = (...values: Values[]): CurveFigures => ({
  name: 'backends',
  title: 'GET <through> a pool',
  section: 'growth',
  unit: 'µs',
  pointTitle: 'backends',
  labels: ['3', '30', '300'],
  series: values.map((each, index) => ({
    name: `series-${index + 1}`,
    own: true,
    values: each,
    derived: [{ title: 'times the first', values: [1, undefined, 1.25] }],
  })),
});

describe('a curve in the terminal', () => {
  it('has each value at its height, and the ends of the scale beside it', () => {
    expect(plot(curve([20, 40, 80])).split('\n')).toEqual([
      '       µs',
      '       80 ┤                      ●',
      '          ┤',
      '          ┤',
      '          ┤',
      '          ┤             ●',
      '          ┤',
      '          ┤    ●',
      '          ┤',
      '        0 ┤',
      '          └───────────────────────────',
      '               3       30       300    backends',
    ]);
  });

  it('puts those that meet side by side, and says which is which', () => {
    const lines = plot(curve([80, 80, 80], [80, 40, 80])).split('\n');
    expect(lines[1]).toBe('       80 ┤    ●○       ●        ●○');
    expect(lines.at(-1)).toBe('           ● series-1   ○ series-2');
  });

  it('has room for more of those than a column is wide', () => {
    const lines = plot(curve(...Array.from({ length: 6 }, () => [80, 80, 80]))).split('\n');
    expect(lines[1]).toBe('       80 ┤    ●○■□▲△   ●○■□▲△   ●○■□▲△');
  });

  it('leaves a gap where nothing was measured, and is nothing without any value', () => {
    expect(plot(curve([80, undefined, 80])).split('\n')[1]).toBe(
      '       80 ┤    ●                 ●',
    );
    expect(plot(curve([undefined]))).toBe('');
  });
});

describe('the scale', () => {
  it('begins at zero, so that what is flat looks flat', () => {
    expect(scaleOf(curve([50, 100, 200]))?.shareOf(50)).toBe(0.25);
  });

  it('goes by powers where one value is many times another', () => {
    const scale = scaleOf(curve([1, 100, 10_000]));
    expect(scale?.shareOf(100)).toBeCloseTo(0.5);
    expect(scale).toMatchObject({ bottom: 1, top: 10_000 });
  });
});

describe('a curve as a table', () => {
  it('has a line of figures and one of what is derived from them, with gaps', () => {
    expect(curveCells(curve([9.876, undefined, 12_345]))).toEqual({
      head: ['backends', '3', '30', '300'],
      body: [
        ['series-1, µs', '9.88', '', '12,345'],
        ['· times the first', '1.00', '', '1.25'],
      ],
    });
  });
});

describe('a curve as a picture', () => {
  it('has a point for each value, which tells it, and escapes its texts', () => {
    const picture = svgCurves([curve([20, undefined, 80])]);
    expect(picture.match(/<circle/g)).toHaveLength(2);
    expect(picture).toContain('<title>series-1, 300: 80 µs</title>');
    expect(picture).toContain('GET &lt;through> a pool');
  });
});
