import { startDemo as startDemoOf } from '@spillway/test/support/demo.ts';
import { childrenOf, isAlive } from '@spillway/test/support/processes.ts';
import { expect, it } from 'vitest';
import { readOptions } from './options.ts';
import type { Result } from './run.ts';

const startDemo = (flags: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  startDemoOf(import.meta.dirname, flags, { PATH: process.env.PATH, ...env });

it('reproduces the table', async () => {
  const { code, output, errors } = await startDemo(['--speed', '25', '--json']).ended;
  expect(errors).toBe('');
  const result = JSON.parse(output) as Result;
  expect(result.rows.map(({ differences }) => differences)).toEqual([[], [], [], []]);
  expect(result).toMatchObject({ passed: true, concurrency: 1, serverEndedByItself: true });
  expect(code).toBe(0);
  const [three, four, five, six] = result.rows.map(({ row }) => row);
  expect(three).toMatchObject({ connections: 3, readiness: [200, 200, 200], refused: 0 });
  expect(four).toMatchObject({ connections: 4, manual: [200, 200, 200], ratioDuring: [3, 3, 3] });
  expect(five).toMatchObject({ connections: 5, manual: [503, 503, 503], refused: 0 });
  expect(six).toMatchObject({ connections: 6, readiness: [429, 429, 429], ratioAfter: 0 });
  expect(six?.refused).toBeGreaterThan(six?.answered ?? 0);
});

it.each<[NodeJS.Signals, number | null, string]>([
  ['SIGTERM', 130, 'ended by SIGTERM\n'],
  ['SIGKILL', null, ''],
])('leaves no server behind after %s', async (signal, exitCode, message) => {
  const { child, ended, output } = startDemo(['--speed', '5']);
  await expect.poll(output, { timeout: 10_000 }).toContain('at once; 5 times as fast.');
  const children = () => childrenOf(child.pid as number);
  await expect.poll(children, { timeout: 10_000 }).toHaveLength(1);
  const [server] = children() as [number];
  child.kill(signal);
  const { code, errors } = await ended;
  expect(code).toBe(exitCode);
  expect(errors).toContain(message);
  await expect.poll(() => isAlive(server), { timeout: 10_000 }).toBe(false);
});

it.each([
  [['--speed', '0.5'], undefined, "--speed must be a number from 1 to 40, got '0.5'"],
  [['--speed', 'fast'], undefined, "--speed must be a number from 1 to 40, got 'fast'"],
  [['-c', '4'], undefined, "Unknown option '-c'"],
  [[], '0', "the environment variable CONCURRENCY must be an integer from 1 to 50, got '0'"],
  [[], 'two', "the environment variable CONCURRENCY must be an integer from 1 to 50, got 'two'"],
])('refuses %j with CONCURRENCY %j', (flags, CONCURRENCY, message) => {
  const env = CONCURRENCY === undefined ? {} : { CONCURRENCY };
  expect(() => readOptions(flags, env)).toThrow(message);
});

it('tells what is wrong in one line, and starts nothing', async () => {
  const { code, output, errors } = await startDemo([], { CONCURRENCY: '1.5' }).ended;
  expect(errors.trim().split('\n')).toEqual([
    expect.stringContaining('CONCURRENCY must be an int'),
  ]);
  expect(output).toBe('');
  expect(code).toBe(2);
});
