import type { CurveFigures } from '../curve-figures.ts';
import { scaleOf, shown, unitOf } from './scale.ts';

const height = 9;
const columnWidth = 9;
const gutter = 9;
const marks = ['●', '○', '■', '□', '▲', '△'];

/** Curves by characters: a mark for each series, the highest value at the top. */
export function plot(curve: CurveFigures): string {
  const scale = scaleOf(curve);
  if (scale === undefined) return '';
  const { labels, series, pointTitle } = curve;
  const grid = Array.from({ length: height }, () =>
    new Array<string>(labels.length * columnWidth).fill(' '),
  );
  for (const [index, { values }] of series.entries()) {
    for (const [point, value] of values.entries()) {
      if (value === undefined) continue;
      const line = height - 1 - Math.round(scale.shareOf(value) * (height - 1));
      // Those that meet stand side by side.
      const row = grid[line] as string[];
      let column = point * columnWidth + (columnWidth >> 1);
      while (row[column] !== ' ' && column < row.length) column += 1;
      row[column] = marks[index % marks.length] as string;
    }
  }
  const edge = (line: number) => {
    if (line === 0) return shown(scale.top);
    return line === height - 1 ? shown(scale.bottom) : '';
  };
  const lines = grid.map(
    (row, line) => `${edge(line).padStart(gutter)} ┤${row.join('').trimEnd()}`,
  );
  const indent = ' '.repeat(gutter + 2);
  return [
    unitOf(curve, scale).padStart(gutter),
    ...lines,
    `${' '.repeat(gutter)} └${'─'.repeat(labels.length * columnWidth)}`,
    `${indent}${labels.map((label) => centred(label)).join('')} ${pointTitle}`,
    ...(series.length === 1 ? [] : [indent + legendOf(curve)]),
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

function legendOf({ series }: CurveFigures): string {
  return series.map(({ name }, index) => `${marks[index % marks.length]} ${name}`).join('   ');
}

function centred(label: string): string {
  const before = Math.max(0, columnWidth - label.length) >> 1;
  return `${' '.repeat(before)}${label}`.padEnd(columnWidth);
}
