import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runDemo as runDemoOf } from '@spillway/test/support/demo.ts';
import { expect, it } from 'vitest';
import { readOptions } from './options.ts';
import { replay } from './replay.ts';
import { type Result, replayResultOf } from './result.ts';
import { scenarioAt } from './scenario.ts';
import { twoAtOnce } from './service.ts';
import { summaryOf } from './summary.ts';

const runDemo = (...flags: string[]) => runDemoOf(import.meta.dirname, ...flags);

it('runs 20 jobs in 10 rounds of 2, however often they are sent', async () => {
  const { code, output, errors } = await runDemo('--speed', '120', '--json');
  expect(errors).toBe('');
  const result = JSON.parse(output) as Result;
  expect(result.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(code).toBe(0);

  const { unlimited, limited, impatient } = result.replays;
  expect(unlimited).toMatchObject({ sent: 20, runs: 20, mostAtOnce: 20, rounds: 1 });
  const inRounds = { answered: 20, runs: 20, mostAtOnce: 2, rounds: 10, gaveUpAtWork: 0 };
  expect(limited).toMatchObject({ ...inRounds, gaveUp: 0 });
  expect(impatient).toMatchObject({ ...inRounds, gaveUp: 8 });
  expect(impatient.sent).toBe(28 + impatient.timedOut);
  // Six or eight would have waited for two minutes or more.
  expect(limited.timedOut).toBeGreaterThanOrEqual(6);
  expect(limited.sent).toBe(20 + limited.timedOut);
  // Not faster than the jobs are; how much slower is the machine's affair.
  for (const { elapsedMs, idealMs } of [limited, impatient]) {
    expect(elapsedMs).toBeGreaterThan(idealMs * 0.99);
    expect(elapsedMs).toBeLessThan(idealMs * 3);
  }

  const lines = summaryOf(result).split('\n').map(stripVTControlCharacters);
  expect(lines).toContain(
    '  runs at the backend                           20          20          20',
  );
  expect(lines.join('\n')).toContain('✓ they run in 10 rounds, never more than 2 at once');
  expect(lines.filter((line) => /^ {2}slot [12] +├─*1?─*/.test(line))).toHaveLength(4);
  for (const job of [1, 2, 12]) expect(lines.join('\n')).toMatch(new RegExp(`├─*${job}─*┤`));
  expect(lines.join('\n')).toMatch(/├─*20\*─*┤/);
});

it('runs a job a second time when its caller gives up while it is at work', async () => {
  // Its times are real ones, and no machine is too slow for them.
  const scenario = { ...scenarioAt(150), limit: twoAtOnce };
  const leaving = new AbortController();
  const measured = await replay(scenario, {
    limited: true,
    impatient: 'all',
    patience: () => leaving.signal,
    watch: ({ answered, running, runs }) => {
      if (answered === 10 && running === 2 && runs === 12) leaving.abort();
    },
  });
  const result = replayResultOf(measured, scenario, 11);
  // Two are at work. Their first runs keep their slots to the end.
  expect(result).toMatchObject({ gaveUp: 10, gaveUpAtWork: 2, answered: 20 });
  expect(result).toMatchObject({ runs: 22, rounds: 11, mostAtOnce: 2 });
});

it.each([
  [['--speed', '0'], "--speed must be a number from 1 to 400, got '0'"],
  [['--speed', 'fast'], "--speed must be a number from 1 to 400, got 'fast'"],
  [['--rate', '3'], "Unknown option '--rate'"],
  [['3'], "Unexpected argument '3'"],
])('refuses %j', (flags, message) => {
  expect(() => readOptions(flags)).toThrow(message);
});

it('tells what is wrong in one line, and starts nothing', async () => {
  const { code, output, errors } = await runDemo('--speed', '1000');
  expect(errors).toBe("--speed must be a number from 1 to 400, got '1000'\n");
  expect(output).toBe('');
  expect(code).toBe(2);
});

it('shows in its README the service that it runs', async () => {
  const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  expect(await read('README.md')).toContain(`\`\`\`ts\n${await read('service.ts')}\`\`\``);
});
