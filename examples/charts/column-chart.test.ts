import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { columnChart, momentsLine, roundScale, timeAxis } from './column-chart.ts';

function plain(lines: readonly string[]): string[] {
  return lines.map(stripVTControlCharacters);
}

it('draws columns to scale, with eighths of a row', () => {
  const options = { title: 'Requests', max: 20, rows: 2, colour: 'blue' } as const;
  expect(plain(columnChart({ ...options, values: [0, 1, 5, 10, 15, 20, 99] }))).toEqual([
    '       Requests',
    '    20┤        ▄▄████',
    '      ┤  ▁▁▄▄████████',
    '     0└──────────────',
  ]);
});

it('shows the smallest value as something, and the ruler only where there is room', () => {
  const options = { title: '', max: 200, rows: 2, colour: 'blue' } as const;
  const ruler = { value: 100, label: '100' };
  expect(plain(columnChart({ ...options, values: [1, 200, 0], ruler })).slice(1, 3)).toEqual([
    '   100┤_ ██_',
    '      ┤▁▁██',
  ]);
});

it('stays within 80 columns', () => {
  const values = new Array<number>(36).fill(7);
  const chart = columnChart({ title: 'x', values, max: 7, rows: 3, colour: 'yellow' });
  const axis = timeAxis(36, [
    [0, '0:00'],
    [0.5, '3:00'],
    [1, '6:00'],
  ]);
  for (const line of plain([...chart, axis])) expect(line.length).toBeLessThanOrEqual(80);
  expect(axis.indexOf('3:00') + 2).toBe(7 + 36);
});

it.each([
  [1, 1],
  [98, 100],
  [101, 150],
  [250, 300],
  [301, 400],
  [0, 1],
])('rounds the scale for %d to %d', (value, expected) => expect(roundScale(value)).toBe(expected));

it('marks moments above the columns that they fall into', () => {
  expect(momentsLine(4, [0, 0.5, 1])).toBe('       ▾   ▾  ▾');
});
