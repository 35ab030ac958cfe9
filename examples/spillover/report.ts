import { roundScale } from './chart.ts';
import type { Percentiles, Result } from './result.ts';
import { clockFace } from './scenario.ts';
import { svgChart } from './svg-chart.ts';

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
        lines: [{ name: 'callers', kind: 'all', values: series.calls }],
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
          { name: 'ptu1', kind: 'ptu', values: series.ptu1 },
          { name: 'payg1', kind: 'payg', values: series.payg1 },
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
          { name: 'by ptu1', kind: 'bad', values: series.refusedByPtu1 },
          { name: 'to callers', kind: 'all', values: series.refusedToCallers },
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
  const checks = result.checks.map(
    ({ claim, passed, detail }) =>
      `<li class="${passed ? 'passed' : 'failed'}">${passed ? '✓' : '✗'} ${escapeHtml(claim)}` +
      `<small>${escapeHtml(detail)}</small></li>`,
  );
  const speed = Number((1 / scenario.timeScale).toFixed(1));
  const pace =
    speed === 1 ? 'in real time' : `${speed} times as fast (latencies are real milliseconds)`;

  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Spikes across PTU with PAYG</title>
<style>${STYLE}</style>
<main>
<h1>Spikes across PTU with PAYG</h1>
<p>${users.before} users, from half time on ${users.after}, each pausing a second after every answer; ${quota} requests
a minute reserved at ptu1. Measured at the callers and at both simulated deployments; six minutes, run ${pace}.</p>
<ul class="checks">${checks.join('')}</ul>
${figures.join('\n')}
<table><tr><th></th><th>callers</th><th>ptu1</th><th>payg1</th></tr>${table.join('')}</table>
</main>
</html>
`;
}

function figure(title: string, caption: string, svg: string): string {
  return `<figure><h2>${title}</h2><figcaption>${caption}</figcaption>${svg}</figure>`;
}

/** Details may hold an error's text. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5c6675; --page: #fff; --grid: #e3e7ec;
  --ptu: #1f6fd6; --payg: #c2570c; --all: #4b5666; --bad: #b3261e; --good: #1b7f3b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa5b4; --page: #12161c;
  --grid: #2a313b; --ptu: #6aa8ff; --payg: #ff9d57; --all: #b7c1cf; --bad: #ff8a80; --good: #6fd08c; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 800px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.6rem; margin: 0 0 .3em; } h2 { font-size: 1.05rem; margin: 0; }
p, figcaption, small { color: var(--soft); } figcaption, small { font-size: .85rem; }
figure { margin: 32px 0 0; } svg { display: block; width: 100%; height: auto; margin-top: 6px; }
.checks { list-style: none; padding: 0; } .checks li { margin: .4em 0; }
.checks small { display: block; margin-left: 1.3em; }
.passed::first-letter { color: var(--good); } .failed { color: var(--bad); }
@media (max-width: 600px) { figure { overflow-x: auto; } svg { min-width: 600px; } }
text { font: 12px system-ui, sans-serif; fill: var(--soft); } .mid { text-anchor: middle; }
.end { text-anchor: end; } .grid { stroke: var(--grid); } .hit { fill: transparent; }
.hit:hover { fill: var(--grid); fill-opacity: .5; }
.marker { stroke: var(--soft); stroke-dasharray: 2 3; } .ruler { stroke: var(--ptu); stroke-dasharray: 6 4; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .area { fill-opacity: .1; }
.line.ptu { stroke: var(--ptu); } .line.payg { stroke: var(--payg); } .line.all { stroke: var(--all); }
.line.bad { stroke: var(--bad); } .area.ptu, .name.ptu { fill: var(--ptu); }
.area.payg, .name.payg { fill: var(--payg); } .area.all, .name.all { fill: var(--all); }
.area.bad, .name.bad { fill: var(--bad); } .name { font-weight: 600; }
table { border-collapse: collapse; margin-top: 32px; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; } td, tr:first-child th { text-align: right; }
th, td { padding: .3em .5em; border-bottom: 1px solid var(--grid); }
`;
