import { styleText } from 'node:util';
import type { RolloutReport } from '@spillway/express';
import { shareChart } from './chart.ts';
import { percent } from './live-line.ts';
import type { Act } from './options.ts';
import type { Phase, Result, RolloutResult, ShadowsResult } from './result.ts';
import { clockFace, type Scenario } from './scenario.ts';

const TITLES: Record<Act, string> = {
  good: 'A version that does well',
  failing: 'A version that fails three requests in ten',
  slow: 'A version that takes three times as long',
  shadows: 'Shadows: v2 with wrong prices for some items, v3 with failures',
};

/** Charts, tables and verdicts, for a terminal of 80 columns. */
export function summaryOf({ acts, scenario }: Result): string {
  const lines = acts.flatMap((each) => [
    '',
    `  ${styleText('bold', TITLES[each.act])}`,
    '',
    ...(each.act === 'shadows' ? shadowsTable(each.shadows) : rolloutLines(each.rollout, scenario)),
    '',
    ...each.checks.map(({ claim, passed, detail }) => {
      const mark = passed ? styleText('green', '✓') : styleText('red', '✗');
      return `  ${mark} ${claim}\n    ${styleText('dim', detail)}`;
    }),
  ]);
  if (scenario.speed !== 1) {
    const note = [
      `  Time runs ${scenario.speed} times as fast; times above are those of real time,`,
      '  except the limit that the reason for an abort names.',
    ];
    lines.push('', ...note.map((line) => styleText('dim', line)));
  }
  return [...lines, ''].join('\n');
}

function rolloutLines(result: RolloutResult, scenario: Scenario): string[] {
  const { received, phases, decisions, elapsedMs } = result;
  return [
    `         ${styleText('dim', "v2's share of the requests, as received")}`,
    ...shareChart(received, [clockFace(0, scenario), clockFace(elapsedMs, scenario)]),
    '',
    phaseRow(['', 'asked', 'received', 'requests', 'to v2', 'failed', 'mean time', "v1's"]),
    ...phases.map((phase) => phaseLine(phase, scenario)),
    '',
    ...decisions.flatMap(({ atMs, report }) => decisionLines(atMs, report, scenario)),
  ];
}

const WIDTHS = [8, 7, 10, 10, 8, 8, 11, 9];

function phaseRow(cells: readonly string[]): string {
  const [first = '', ...others] = cells;
  const padded = others.map((cell, index) => cell.padStart(WIDTHS[index + 1] ?? 0));
  return `  ${first.padEnd(WIDTHS[0] ?? 0)}${padded.join('')}`;
}

function phaseLine(phase: Phase, scenario: Scenario): string {
  const { name, share, requests, toV2, failedByV2, meanMsOfV2, meanMsOfV1 } = phase;
  return phaseRow([
    name,
    percent(share, 0),
    percent(requests === 0 ? 0 : toV2 / requests, 2),
    String(requests),
    String(toV2),
    String(failedByV2),
    realTime(meanMsOfV2, scenario),
    realTime(meanMsOfV1, scenario),
  ]);
}

function realTime(ms: number | undefined, { speed }: Scenario): string {
  return ms === undefined ? '–' : `${Math.round(ms * speed)} ms`;
}

function decisionLines(atMs: number, report: RolloutReport, scenario: Scenario): string[] {
  const { decision, share, reason, requests, failureRatio, latencyMs } = report;
  const line = `  ${clockFace(atMs, scenario)}  ${decision.padEnd(9)}${percent(share, 0).padStart(5)}`;
  if (failureRatio === undefined) return [`${line}  ${reason}`];
  const figures = (count: number, ratio: number | undefined, ms: number | undefined) =>
    `${count} requests, ${percent(ratio ?? 0, 1)} failed, ${realTime(ms, scenario)}`;
  const { oldRequests, oldFailureRatio, oldLatencyMs } = report;
  return [
    line,
    `        ${reason}`,
    `        v2: ${figures(requests, failureRatio, latencyMs)}`,
    `        v1: ${figures(oldRequests, oldFailureRatio, oldLatencyMs)}`,
  ];
}

function shadowsTable({ callers, askedOfV1, v2, v3 }: ShadowsResult): string[] {
  const row = (label: string, ...cells: readonly (string | number)[]) =>
    `  ${label.padEnd(34)}${cells.map((cell) => String(cell).padStart(10)).join('')}`;
  const shadows = [v2, v3];
  const share = (asked: number) => percent(asked / callers.requests, 1);
  return [
    row('', 'v1', 'v2', 'v3'),
    row('answers to callers', callers.requests, 0, 0),
    row('proportion asked for', '', ...shadows.map((each) => percent(each.status.proportion, 0))),
    row('requests received', askedOfV1, v2.asked, v3.asked),
    row('  of all', share(askedOfV1), share(v2.asked), share(v3.asked)),
    row('dropped', '', ...shadows.map((each) => each.status.requests.dropped)),
    row('failed', 0, v2.failed, v3.failed),
    row('compared', '', ...shadows.map((each) => each.status.compared)),
    row('not alike', '', ...shadows.map((each) => each.status.mismatches)),
    '',
    ...shadows.flatMap(({ status: { backend, samples } }) =>
      samples.slice(-1).map(({ path, reason }) => `  ${backend}, last: GET ${path}: ${reason}`),
    ),
  ];
}
