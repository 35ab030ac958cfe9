import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDemo as runDemoOf } from '@spillway/test/support/demo.ts';
import { expect, it } from 'vitest';
import { readOptions } from './options.ts';
import { scenarioOf } from './scenario.ts';
import type { Recording } from './simulation.ts';

const runDemo = (...flags: string[]) => runDemoOf(import.meta.dirname, ...flags);

it('prints what its README shows', async () => {
  const { code, output, errors } = await runDemo();
  expect([code, errors]).toEqual([0, '']);
  const readme = await readFile(join(import.meta.dirname, 'README.md'), 'utf8');
  expect(readme).toContain(`\`\`\`text\n${output.trimEnd()}\n\`\`\``);
});

it('prints its recording for a program, to the end', async () => {
  const { code, output } = await runDemo('--json', '--rate', '16', '--minutes', '1');
  expect(code).toBe(0);
  const { seconds, scalings, unfinished } = JSON.parse(output) as Recording;
  expect(seconds.length).toBeGreaterThanOrEqual(840);
  expect(scalings[0]?.from).toBe(2);
  expect(unfinished).toBe(0);
});

it.each([
  [['--rate', '0'], "--rate must be a number from 1 to 200, got '0'"],
  [['--minutes', 'long'], "--minutes must be a number from 1 to 60, got 'long'"],
  [['--set', 'gate.maxCount'], "a value of the chart, as path=value, got 'gate.maxCount'"],
  [['--speed', '3'], "Unknown option '--speed'"],
])('refuses %j', (flags, message) => {
  expect(() => readOptions(flags)).toThrow(message);
});

it.each([
  ['gate.maxcount', 1, 'the chart has no value gate.maxcount'],
  ['gate.maxCount.of', 1, 'the chart has no value gate.maxCount.of'],
  ['gate.maxCount', 0, "the chart's schema says: values/gate/maxCount must be >= 1"],
  ['gate.maxCount', 'four', "the chart's schema says: values/gate/maxCount must be integer"],
])('refuses %s=%j', (path, value, message) => {
  const options = { burstRate: 30, burstSeconds: 60, set: { [path]: value } };
  expect(() => scenarioOf(options)).toThrow(message);
});

it('takes values as Helm does', () => {
  const { set } = readOptions(['--set', 'gate.maxCount=8', '--set', 'readiness.maxQueueRatio=1.5']);
  const { gate, maxQueueRatio } = scenarioOf({ burstRate: 30, burstSeconds: 60, set });
  expect([gate.maxCount, maxQueueRatio]).toEqual([8, 1.5]);
});

it('tells what is wrong in one line, and starts nothing', async () => {
  const { code, output, errors } = await runDemo('--set', 'gate.maxCount=0');
  expect(errors).toBe("the chart's schema says: values/gate/maxCount must be >= 1\n");
  expect([code, output]).toEqual([2, '']);
});
