import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { shareChart } from './chart.ts';
import { type ActResult, resultOf, rolloutResultOf } from './result.ts';
import { runRollout, type Trouble } from './run.ts';
import { scenarioAt } from './scenario.ts';
import { summaryOf } from './summary.ts';

const SEED = 5;

/** A shorter rollout than the demo's. */
async function rollOut(act: 'good' | 'failing' | 'slow', minimumRequests: number) {
  const trouble: Trouble = ({ good: 'none', failing: 'fails', slow: 'slow' } as const)[act];
  const scenario = { ...scenarioAt(30, SEED), quietMs: 150, intervalMs: 400, minimumRequests };
  const rollout = rolloutResultOf(await runRollout(scenario, trouble));
  const acts: ActResult[] = [{ act, rollout }];
  const result = resultOf(scenario, acts);
  const text = stripVTControlCharacters(summaryOf(result));
  return { rollout, failed: result.acts[0]?.checks.filter(({ passed }) => !passed), text };
}

it('rolls a version out that does well, with exact shares at each step', async () => {
  const { rollout, failed, text } = await rollOut('good', 2);
  expect(failed).toEqual([]);
  const { phases, callers } = rollout;
  expect(phases.map(({ name, share }) => [name, share])).toEqual([
    ['before', 0],
    ['step 1', 0.01],
    ['step 2', 0.1],
    ['step 3', 0.5],
    ['step 4', 1],
    ['after', 1],
  ]);
  for (const { share, requests, toV2 } of phases) {
    expect(requests).toBeGreaterThan(0);
    expect(Math.abs(toV2 - share * requests)).toBeLessThanOrEqual(1);
  }
  expect(phases.reduce((sum, { requests }) => sum + requests, 0)).toBe(callers.requests);
  expect(rollout.received[0]).toBe(0);
  expect(rollout.received.at(-1)).toBe(1);
  expect(text).toMatch(/ {2}after {5}100 % {2}100\.00 %/);
  expect(text).toContain('✓ at each share v2 got what was asked for, within one request');
});

it('rolls a version back that fails, after few requests', async () => {
  const { rollout, failed, text } = await rollOut('failing', 5);
  expect(failed).toEqual([]);
  expect(rollout.phases.map(({ name }) => name)).toEqual(['before', 'step 1', 'after']);
  const [, step, after] = rollout.phases;
  // Five are judged. Others may have begun meanwhile.
  expect(step?.toV2).toBeGreaterThanOrEqual(5);
  expect(step?.toV2).toBeLessThanOrEqual(10);
  expect(after?.toV2).toBe(0);
  expect(rollout.failedByV2).toBeGreaterThan(0);
  expect(rollout.decisions.at(-1)?.report).toMatchObject({ decision: 'abort', share: 0 });
  expect(text).toContain('its ratio of failures is more than 0.05 above that of the others');
});

it('rolls a version back that is slow', async () => {
  const { rollout, failed } = await rollOut('slow', 5);
  expect(failed).toEqual([]);
  expect(rollout.callers.failed).toBe(0);
  expect(rollout.phases.at(-1)).toMatchObject({ name: 'after', share: 0, toV2: 0 });
});

it('draws small shares so that they are seen', () => {
  const chart = (...shares: number[]) =>
    shareChart(shares, ['a', 'b']).map((line) => stripVTControlCharacters(line));
  expect(chart(0, 0.01, 0.5, 1)).toEqual([
    '  100 % ┤      ██',
    '        ┤      ██',
    '        ┤    ████',
    '        ┤  ▁▁████',
    '      0 └────────',
    '         a      b',
  ]);
  expect(chart(0, 0.03)[0]).toBe('    5 % ┤');
});
