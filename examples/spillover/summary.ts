import { styleText } from 'node:util';
import { checkLines } from '@spillway/example-charts/check-lines.ts';
import { columnChart, roundScale, timeAxis } from '@spillway/example-charts/column-chart.ts';
import type { Percentiles, Result } from './result.ts';
import { clockFace } from './scenario.ts';

/** The charts, the table and the verdict, for a terminal of 80 columns. */
export function summaryOf(result: Result): string {
  return ['', ...chartsOf(result), '', ...tableOf(result), '', ...verdictOf(result), ''].join('\n');
}

function chartsOf({ series, scenario }: Result): string[] {
  const { durationMs, minuteMs, users } = scenario;
  const minutes = Math.round(durationMs / minuteMs);
  const ticks = Array.from({ length: minutes + 1 }, (_, minute) => {
    return [minute / minutes, clockFace(minute * minuteMs, scenario)] as const;
  });
  const spike = [[0.5, `▲ from ${users.before} to ${users.after} users`]] as const;
  const axis = [timeAxis(series.calls.length, ticks), timeAxis(series.calls.length, spike)];
  const max = roundScale(Math.max(...series.calls));
  const quota = scenario.ptuTokensPerMinute / scenario.maxTokens;
  const ruler = { value: quota, label: `${quota}` };
  const shared = { max, colour: 'blue' } as const;
  return [
    ...columnChart({
      ...shared,
      title: 'Requests per minute',
      values: series.calls,
      rows: 8,
    }),
    ...axis,
    '',
    ...columnChart({
      ...shared,
      title: `Served by ptu1 (quota: ${quota} a minute)`,
      values: series.ptu1,
      rows: 6,
      ruler,
    }),
    '',
    ...columnChart({
      ...shared,
      title: 'Served by payg1',
      values: series.payg1,
      rows: 6,
      colour: 'yellow',
    }),
    ...axis,
  ];
}

function tableOf({ callers, ptu1, payg1, gateway }: Result): string[] {
  const row = (...cells: readonly (string | number)[]) =>
    cells
      .map((cell, index) => (index === 0 ? `  ${cell}`.padEnd(29) : `${cell}`.padStart(10)))
      .join('');
  const ms = ({ p50, p95, p99 }: Percentiles) => [p50, p95, p99].map((value) => value.toFixed(0));
  const table = [
    row('', 'callers', 'ptu1', 'payg1'),
    row('requests', callers.requests, ptu1.requests, payg1.requests),
    row('served', callers.requests - callers.throttled - callers.failed, ptu1.served, payg1.served),
    row('  before the spike', '', ptu1.servedBeforeSpike, payg1.servedBeforeSpike),
    row('429', callers.throttled, ptu1.refused, payg1.refused),
    row('other errors', callers.failed, '', ''),
    row('spillovers', gateway.spillovers, '', ''),
    row('breaker trips', '', gateway.trips, ''),
  ];
  const columns = [callers, ptu1, payg1].map(({ latencyMs }) => ms(latencyMs));
  for (const [index, name] of ['p50', 'p95', 'p99'].entries()) {
    table.push(row(`latency ${name}, ms`, ...columns.map((column) => column[index] ?? '')));
  }
  return table.map((line) => line.trimEnd());
}

function verdictOf({ checks, scenario }: Result): string[] {
  const lines = checkLines(checks);
  if (scenario.timeScale === 1) return lines;
  const speed = Number((1 / scenario.timeScale).toFixed(1));
  const note = `Time runs ${speed} times as fast as in the test; latencies are real milliseconds.`;
  return [...lines, '', styleText('dim', `  ${note}`)];
}
