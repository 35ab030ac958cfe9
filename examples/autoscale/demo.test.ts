import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { startDemo as startDemoOf } from '@spillway/test/support/demo.ts';
import { childrenOf, isAlive } from '@spillway/test/support/processes.ts';
import { expect, it, onTestFinished } from 'vitest';
import { readOptions } from './options.ts';
import type { Result } from './result.ts';
import { rateAt, scenarioLasting } from './scenario.ts';
import { summaryOf } from './summary.ts';

async function startDemo(...flags: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'autoscale-'));
  const report = join(folder, 'report.html');
  onTestFinished(() => rm(folder, { recursive: true }));
  return { report, ...startDemoOf(import.meta.dirname, ['--report', report, ...flags]) };
}

it('goes from one instance to two and back, and no request fails', {
  timeout: 60_000,
}, async () => {
  // Little load, for a machine that runs other tests as well.
  const { report, ended } = await startDemo('--duration', '18', '--load', '0.25', '--json');
  const { code, output, errors } = await ended;
  expect(errors).toBe('');
  const result = JSON.parse(output) as Result;
  expect(result.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(code).toBe(0);
  expect(result.changes.map(({ from, to }) => [from, to])).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(result.failed).toBe(0);
  expect(result.requests).toBeGreaterThan(50);
  const { instances, use } = result.series;
  expect([instances[0], Math.max(...instances), instances.at(-1)]).toEqual([1, 2, 1]);
  expect(use[1][0]).toBe(0);
  expect(Math.max(...use[1])).toBeGreaterThan(0);
  expect(use[1].at(-1)).toBe(0);

  const page = await readFile(report, 'utf8');
  expect(page.match(/<svg/g)).toHaveLength(4);
  expect(page).toContain(`<td>1 → 2</td>`);
  expect(page).not.toMatch(/https?:|src=|href=|@import|NaN|undefined/);

  const lines = stripVTControlCharacters(summaryOf(result)).split('\n');
  expect(lines).toContain('       Instances');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

it('ends its instances when it is interrupted', { timeout: 30_000 }, async () => {
  const { child, ended } = await startDemo('--duration', '60');
  const pid = child.pid as number;
  await expect.poll(() => childrenOf(pid), { timeout: 15_000 }).toHaveLength(1);
  const children = childrenOf(pid);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const { code, errors } = await ended;
  expect(errors).toContain('ended by SIGINT');
  expect(code).toBe(130);
  expect(children.filter(isAlive)).toEqual([]);
});

it('has a load that rises and falls', () => {
  const scenario = scenarioLasting(36, 1);
  const rates = [0, 4, 5.5, 7, 20, 21.5, 23, 36].map((at) => rateAt(at * 1_000, scenario));
  expect(rates).toEqual([7.5, 7.5, 35, 62.5, 62.5, 35, 7.5, 7.5]);
});

it.each([
  [['--duration', '5'], "--duration must be at least 10 s, got '5'"],
  [['--load', '2'], "--load must be a number from 0.1 to 0.9, got '2'"],
  [['--seed', 'x'], "--seed must be an integer, got 'x'"],
  [['--speed', '3'], "Unknown option '--speed'"],
])('refuses %j', (flags, message) => {
  expect(() => readOptions(flags)).toThrow(message);
});

it('shows in its README the gateway and the service that it runs', async () => {
  const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  const readme = await read('README.md');
  expect(readme).toContain(`\`\`\`ts\n${await read('gateway.ts')}\`\`\``);
  expect(readme).toContain(`\`\`\`ts\n${await read('service.ts')}\`\`\``);
});
