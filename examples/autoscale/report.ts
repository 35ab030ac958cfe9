import { roundScale } from '@spillway/example-charts/column-chart.ts';
import { checkList, figure, pageOf } from '@spillway/example-charts/page.ts';
import { svgChart } from '@spillway/example-charts/svg-chart.ts';
import { percent, seconds } from './format.ts';
import type { Result } from './result.ts';

const TICKS = 6;

/** One HTML page with its charts inside. */
export function reportOf({ scenario, series, changes, checks, requests, failed }: Result): string {
  const { durationMs, rules } = scenario;
  const ticks = Array.from({ length: TICKS + 1 }, (_, tick) => {
    return [tick / TICKS, seconds((durationMs * tick) / TICKS)] as const;
  });
  const [out] = changes;
  const marker = out && { share: out.at / durationMs, label: `decided at ${seconds(out.at)}` };
  const shared = { ticks, ...(marker && { marker }) };
  const [first, second] = series.use.map((use) => use.map((share) => share * 100));
  const above = Math.round(rules.scaleOut.above * 100);
  const figures = [
    figure(
      'Requests a second',
      'What the callers sent.',
      svgChart({
        ...shared,
        label: 'Requests a second over time',
        max: roundScale(Math.max(...series.load)),
        lines: [{ name: 'callers', colour: 'grey', values: series.load }],
      }),
    ),
    figure(
      'Processor use, by instance',
      'In percent of a core. What one instance did is what two do when the second has come.',
      svgChart({
        ...shared,
        label: 'Processor use of both instances over time, in percent',
        max: roundScale(Math.max(...(first ?? []), ...(second ?? []))),
        lines: [
          { name: 'instance 1', colour: 'orange', values: first ?? [] },
          { name: 'instance 2', colour: 'blue', values: second ?? [] },
        ],
        ruler: { value: above, label: `scales out above ${above} %` },
      }),
    ),
    figure(
      'Instances',
      'As the scaler says: those that start, too.',
      svgChart({
        ...shared,
        label: 'Instances over time',
        max: 3,
        lines: [{ name: 'instances', colour: 'blue', values: series.instances }],
      }),
    ),
    figure(
      'Latency',
      'Of nineteen requests in twenty, in milliseconds, as callers saw it.',
      svgChart({
        ...shared,
        label: '95th percentile of the latency over time, in milliseconds',
        max: roundScale(Math.max(...series.latencyMs)),
        lines: [{ name: 'p95', colour: 'grey', values: series.latencyMs }],
      }),
    ),
  ];
  const rows = changes.map(
    ({ at, from, to, average }) =>
      `<tr><th>${seconds(at)}</th><td>${from} → ${to}</td><td>${percent(average)}</td></tr>`,
  );
  const body = `<p>${requests} requests, ${failed} failed. Each hashes for ${scenario.requestMs} ms of processor time.
A second instance comes when the average over ${seconds(rules.scaleOut.windowMs ?? 0)} is above ${percent(rules.scaleOut.above)}, and goes
when it is below ${percent(rules.scaleIn.below)}.</p>
${checkList(checks)}
${figures.join('\n')}
<table><tr><th>decided at</th><td>instances</td><td>average</td></tr>${rows.join('')}</table>`;
  return pageOf('Capacity follows the load', body);
}
