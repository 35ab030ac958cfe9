import { roundScale } from '@spillway/example-charts/column-chart.ts';
import { type Check, checkList, figure, pageOf } from '@spillway/example-charts/page.ts';
import { type Line, svgChart } from '@spillway/example-charts/svg-chart.ts';
import { svgSheet } from '@spillway/example-charts/svg-sheet.ts';
import type { Measurements } from '../conduct/measurements.ts';
import { kindRows, sumOf, toldOthers } from './failures.ts';
import { seriesOf } from './series.ts';
import { clockFace, ticksOf } from './time.ts';

const PARTS = 60;

interface Chart {
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

/** One picture with all charts. */
export function pictureOf(measured: Measurements): string {
  return svgSheet('A soak over time', chartsOf(measured, false));
}

/** One page with the charts, the verdict and what came of the requests. */
export function soakPage(measured: Measurements, checks: readonly Check[]): string {
  const { loadMs, options } = measured;
  const rows = kindRows(measured);
  const total = sumOf(rows, (row) => row.total);
  const cells = rows.map(
    (row) =>
      `<tr><th>${row.kind}</th><td>${row.total}</td><td>${row.ok}</td><td>${row.left}</td>` +
      `<td>${toldOthers(row)}</td></tr>`,
  );
  const body = `<p>${total} requests in ${clockFace(loadMs)}, ${options.callers} at once, through
${options.framework}; seed ${options.seed}.</p>
${checkList(checks)}
${chartsOf(measured, true)
  .map(({ title, caption, svg }) => figure(title, caption, svg))
  .join('\n')}
<table><tr><th>requests</th><th>all</th><th>ok</th><th>left</th><th>otherwise</th></tr>
${cells.join('\n')}</table>`;
  return pageOf('Soak', body);
}

function chartsOf(measured: Measurements, numbers: boolean): Chart[] {
  const series = seriesOf(measured, PARTS);
  const shared = { ticks: ticksOf(measured.loadMs), moments: series.moments, numbers };
  const chart = (title: string, caption: string, lines: readonly Line[]): Chart => ({
    title,
    caption,
    svg: svgChart({
      ...shared,
      label: `${title}, over time`,
      lines,
      // The scale has three steps.
      max: 3 * roundScale(Math.max(...lines.flatMap(({ values }) => values)) / 3),
    }),
  });
  const { requestsPerSecond, failures, heap, external, rss } = series;
  return [
    chart('Requests a second', 'Red marks: a backend is struck.', [
      { name: 'all', colour: 'blue', values: requestsPerSecond },
    ]),
    chart('Not answered with 200, a second', 'All of it as the rules allow, or a check fails.', [
      { name: 'refused', colour: 'orange', values: failures.refused },
      { name: 'too late', colour: 'blue', values: failures['too late'] },
      { name: 'cut off', colour: 'grey', values: failures['cut off'] },
      { name: 'broken', colour: 'red', values: failures.broken },
    ]),
    chart('Memory of the service, MiB', 'Heap and buffers: after a garbage collection.', [
      { name: 'heap', colour: 'blue', values: heap },
      { name: 'buffers', colour: 'orange', values: external },
      { name: 'resident', colour: 'grey', values: rss },
    ]),
    chart('Handles of the service', 'What would keep the process alive.', [
      { name: 'sockets', colour: 'blue', values: series.sockets },
      { name: 'others', colour: 'orange', values: series.otherHandles },
    ]),
  ];
}
