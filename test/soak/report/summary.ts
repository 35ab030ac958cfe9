import { checkLines } from '@spillway/example-charts/check-lines.ts';
import {
  columnChart,
  momentsLine,
  roundScale,
  timeAxis,
} from '@spillway/example-charts/column-chart.ts';
import type { Check } from '@spillway/example-charts/page.ts';
import type { Measurements } from '../conduct/measurements.ts';
import { kindRows, sumOf, toldOthers } from './failures.ts';
import { CAUSES, seriesOf } from './series.ts';
import { ticksOf } from './time.ts';

const COLUMNS = 36;

/** The charts, what came of the requests, and the verdict, for a terminal of 80 columns. */
export function summaryOf(measured: Measurements, checks: readonly Check[]): string {
  const { loadMs } = measured;
  const series = seriesOf(measured, COLUMNS);
  const failures = series.requestsPerSecond.map((_, index) =>
    CAUSES.reduce((sum, cause) => sum + (series.failures[cause][index] ?? 0), 0),
  );
  const chart = (title: string, values: readonly number[], colour: 'blue' | 'yellow') => [
    '',
    ...columnChart({ title, values, max: roundScale(Math.max(...values)), rows: 4, colour }),
  ];
  const rows = kindRows(measured);
  return [
    '',
    momentsLine(series.heap.length, series.moments),
    ...chart('Requests a second; ▾ a backend is struck', series.requestsPerSecond, 'blue').slice(1),
    ...chart('Not answered with 200, a second', failures, 'yellow'),
    ...chart('Heap after garbage collection, MiB', series.heap, 'blue'),
    ...chart('Resident memory, MiB', series.rss, 'blue'),
    ...chart('Open sockets', series.sockets, 'yellow'),
    timeAxis(series.heap.length, ticksOf(loadMs)),
    '',
    `  ${'requests'.padEnd(16)}${cells('all', 'ok', 'left')}  otherwise`,
    ...rows.map((row) => {
      return `  ${row.kind.padEnd(16)}${cells(row.total, row.ok, row.left)}  ${toldOthers(row)}`;
    }),
    `  ${'all'.padEnd(16)}${cells(
      sumOf(rows, ({ total }) => total),
      sumOf(rows, ({ ok }) => ok),
      sumOf(rows, ({ left }) => left),
    )}`,
    '',
    ...checkLines(checks),
    '',
  ].join('\n');
}

function cells(...values: readonly (number | string)[]): string {
  return values.map((value) => String(value).padStart(9)).join('');
}
