import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runDemo as runDemoOf } from '@spillway/test/support/demo.ts';
import { expect, it } from 'vitest';
import { readOptions } from './options.ts';
import type { Result } from './result.ts';
import { summaryOf } from './summary.ts';

const runDemo = (...flags: string[]) => runDemoOf(import.meta.dirname, ...flags);

it('copies requests to shadows, and notices what they do wrong', async () => {
  const flags = ['--only', 'shadows', '--speed', '60', '--json'];
  const { code, output, errors } = await runDemo(...flags);
  expect(errors).toBe('');
  const result = JSON.parse(output) as Result;
  const [shadows] = result.acts;
  expect(shadows?.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(shadows?.checks).toHaveLength(5);
  expect(code).toBe(0);
  const lines = summaryOf(result).split('\n').map(stripVTControlCharacters);
  expect(lines).toContain('  proportion asked for                              50 %      10 %');
  expect(lines.join('\n')).toMatch(/v2, last: GET \/\d+: another body: \{"item":\d+,/);
});

it.each([
  [['--speed', '0'], "--speed must be a number from 1 to 60, got '0'"],
  [['--seed', 'x'], "--seed must be an integer, got 'x'"],
  [['--only', 'best'], "--only must be one of good, failing, slow, shadows, got 'best'"],
  [['--rate', '3'], "Unknown option '--rate'"],
])('refuses %j', (flags, message) => {
  expect(() => readOptions(flags)).toThrow(message);
});

it('tells what is wrong in one line, and starts nothing', async () => {
  const { code, output, errors } = await runDemo('--speed', '1000');
  expect(errors).toBe("--speed must be a number from 1 to 60, got '1000'\n");
  expect(output).toBe('');
  expect(code).toBe(2);
});

it('shows in its README the service that it runs', async () => {
  const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  expect(await read('README.md')).toContain(`\`\`\`ts\n${await read('service.ts')}\`\`\``);
});
