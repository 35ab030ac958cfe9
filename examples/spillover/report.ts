import { roundScale } from '@spillway/example-charts/column-chart.ts';
import { checkList, figure, pageOf } from '@spillway/example-charts/page.ts';
import { svgChart } from '@spillway/example-charts/svg-chart.ts';
import type { Percentiles, Result } from './result.ts';
import { clockFace } from './scenario.ts';

/** One HTML page with its charts inside: nothing is loaded, and it follows the reader's light or dark. */
export function reportOf(result: Result): string {
  const { scenario, series, callers, ptu1, payg1, gateway } = result;
  const { durationMs, minuteMs, users } = scenario;
  const minutes = Math.round(durationMs / minuteMs);
  const quota = scenario.ptuTokensPerMinute / scenario.maxTokens;
  const shared = {
    max: roundScale(Math.max(...series.calls, ...series.refusedByPtu1)),
    ticks: Array.from({ length: minutes + 1 }, (_, minute) => {
      return [minute / minutes, clockFace(minute * minuteMs, scenario)] as const;
    }),
    marker: { share: 0.5, label: `from ${users.before} to ${users.after} users` },
  };
  const figures = [
    figure(
      'Requests per minute',
      'What the callers sent.',
      svgChart({
        ...shared,
        label: 'Requests per minute over time',
        lines: [{ name: 'callers', colour: 'grey', values: series.calls }],
      }),
    ),
    figure(
      'The same, by the deployment that served',
      'Reserved capacity first; what is over its quota goes to PAYG. PTU goes above its quota for a ' +
        'moment where a quieter minute behind it leaves room.',
      svgChart({
        ...shared,
        label: 'Requests per minute over time, by deployment',
        lines: [
          { name: 'ptu1', colour: 'blue', values: series.ptu1 },
          { name: 'payg1', colour: 'orange', values: series.payg1 },
        ],
        ruler: { value: quota, label: `quota of ptu1: ${quota} a minute` },
      }),
    ),
    figure(
      'Answers with 429, per minute',
      'What ptu1 refused, and what of it a caller ever saw.',
      svgChart({
        ...shared,
        label: '429 answers per minute over time',
        lines: [
          { name: 'by ptu1', colour: 'red', values: series.refusedByPtu1 },
          { name: 'to callers', colour: 'grey', values: series.refusedToCallers },
        ],
      }),
    ),
  ];

  const served = callers.requests - callers.throttled - callers.failed;
  const rows = [
    ['Requests', callers.requests, ptu1.requests, payg1.requests],
    ['Served', served, ptu1.served, payg1.served],
    ['Served before the spike', '', ptu1.servedBeforeSpike, payg1.servedBeforeSpike],
    ['429', callers.throttled, ptu1.refused, payg1.refused],
    ['Other errors', callers.failed, '', ''],
    ['Spillovers', gateway.spillovers, '', ''],
    ['Breaker trips', '', gateway.trips, ''],
    ...(['p50', 'p95', 'p99'] as const).map((rank: keyof Percentiles) => {
      const latencies = [callers, ptu1, payg1].map(({ latencyMs }) => latencyMs[rank].toFixed(0));
      return [`Latency ${rank}, ms`, ...latencies];
    }),
  ];
  const table = rows.map(
    ([head, ...cells]) =>
      `<tr><th>${head}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  const speed = Number((1 / scenario.timeScale).toFixed(1));
  const pace =
    speed === 1 ? 'in real time' : `${speed} times as fast (latencies are real milliseconds)`;

  const body = `<p>${users.before} users, from half time on ${users.after}, each pausing a second after every answer; ${quota} requests
a minute reserved at ptu1. Measured at the callers and at both simulated deployments; six minutes, run ${pace}.</p>
${checkList(result.checks)}
${figures.join('\n')}
<table><tr><th></th><th>callers</th><th>ptu1</th><th>payg1</th></tr>${table.join('')}</table>`;
  return pageOf('Spikes across PTU with PAYG', body);
}
