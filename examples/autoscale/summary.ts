import { checkLines } from '@spillway/example-charts/check-lines.ts';
import { columnChart, roundScale, timeAxis } from '@spillway/example-charts/column-chart.ts';
import { percent, seconds } from './format.ts';
import type { Result } from './result.ts';

const TICKS = 6;

/** The charts, the decisions and the verdict, for a terminal of 80 columns. */
export function summaryOf(result: Result): string {
  const { series, scenario, changes, checks, requests, failed, latencyMs } = result;
  const above = Math.round(scenario.rules.scaleOut.above * 100);
  const [first, second] = series.use;
  const inPercent = (shares: readonly number[]) => shares.map((share) => share * 100);
  const use = (number: number, shares: readonly number[]) =>
    columnChart({
      title: `Processor use of instance ${number}, %`,
      values: inPercent(shares),
      // The threshold is at the edge of a row.
      max: 3 * above,
      rows: 6,
      colour: number === 1 ? 'yellow' : 'blue',
      ruler: { value: above, label: String(above) },
    });
  const { p50, p95, p99 } = latencyMs;
  const ms = [p50, p95, p99].map((value) => value.toFixed(0));
  return [
    '',
    ...columnChart({
      title: 'Requests a second',
      values: series.load,
      max: roundScale(Math.max(...series.load)),
      rows: 4,
      colour: 'blue',
    }),
    '',
    ...use(1, first),
    '',
    ...use(2, second),
    '',
    ...columnChart({
      title: 'Instances',
      values: series.instances,
      max: 2,
      rows: 2,
      colour: 'yellow',
    }),
    '',
    ...columnChart({
      title: 'Latency, 95th percentile, ms',
      values: series.latencyMs,
      max: roundScale(Math.max(...series.latencyMs)),
      rows: 4,
      colour: 'blue',
    }),
    timeAxis(
      series.load.length,
      Array.from({ length: TICKS + 1 }, (_, tick) => {
        return [tick / TICKS, seconds((scenario.durationMs * tick) / TICKS)] as const;
      }),
    ),
    '',
    ...changes.map(
      ({ at, from, to, average }) =>
        `  ${seconds(at).padStart(6)}  ${from} → ${to}, at an average of ${percent(average)}`,
    ),
    '',
    `  ${requests} requests, ${failed} failed; latency p50 ${ms[0]}, p95 ${ms[1]}, p99 ${ms[2]} ms`,
    '',
    ...checkLines(checks),
    '',
  ].join('\n');
}
