import { cpus } from 'node:os';
import type { Check } from '@spillway/example-charts/page.ts';
import { BLOWS } from '../conduct/chaos.ts';
import type { Measurements } from '../conduct/measurements.ts';
import { kindRows, sumOf, toldOthers } from './failures.ts';
import { clockFace } from './time.ts';

/** Where the page expects its picture, beside itself. */
export const PICTURE = 'images/soak.svg';

/** A page with the figures, fit for `docs/`. */
export function markdownOf(measured: Measurements, checks: readonly Check[]): string {
  const { options, loadMs, strikes, changes } = measured;
  const rows = kindRows(measured);
  const total = sumOf(rows, (row) => row.total);
  const ok = sumOf(rows, (row) => row.ok);
  const left = sumOf(rows, (row) => row.left);
  const each = BLOWS.map((blow) => {
    return `${strikes.filter((strike) => strike.blow === blow).length} ${blow}`;
  });
  const number = (value: number) => value.toLocaleString('en').replaceAll(',', ' ');
  const perSecond = number(Math.round((total / loadMs) * 1_000));
  return `# ${number(total)} requests while backends die

What \`npm run soak\` found: mixed load through a service on ${name(options.framework)}, whose backends were killed,
stopped, restarted and taken out all the while. [How it is done](../test/soak/README.md), what must hold, and
what each kind of request may meet with, stands there.

${number(total)} requests in ${clockFace(loadMs)} minutes, ${options.callers} at once, ${perSecond} a second, on
Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, seed ${options.seed}. ${number(ok)} were answered with 200 and the
right bytes; of ${number(left)} the caller left. ${strikes.length} strikes (${each.join(', ')}) and ${changes} changes of the pool.

![Requests a second, those not answered with 200, memory and handles over time](${PICTURE})

| what must hold | | figures |
| --- | --- | --- |
${checks.map(({ claim, passed, detail }) => `| ${claim} | ${passed ? '✓' : '✗'} | ${cell(detail)} |`).join('\n')}

| requests | all | 200 | caller left | otherwise |
| --- | ---: | ---: | ---: | --- |
${rows.map((row) => `| ${row.kind} | ${row.total} | ${row.ok} | ${row.left} | ${toldOthers(row)} |`).join('\n')}
`;
}

function name(framework: string): string {
  return framework === 'koa' ? 'Koa' : 'Express';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
