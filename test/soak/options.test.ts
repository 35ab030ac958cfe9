import { expect, it } from 'vitest';
import { readOptions, usage } from './options.ts';

it('lasts two minutes through Express unless told otherwise, with a new seed each time', () => {
  expect(readOptions([], () => 42)).toEqual({
    durationMs: 120_000,
    framework: 'express',
    seed: 42,
    callers: 96,
    sabotages: [],
  });
});

it('takes what is asked for', () => {
  const args =
    '--requests 2400000 --framework koa --seed 7 --callers 8 --rate 300 --sabotage heap,body'.split(
      ' ',
    );
  expect(readOptions(args)).toMatchObject({
    requests: 2_400_000,
    framework: 'koa',
    seed: 7,
    callers: 8,
    rate: 300,
    sabotages: ['heap', 'body'],
  });
  expect(readOptions(['--duration', '12.5', '--report', 'here'])).toMatchObject({
    durationMs: 12_500,
    report: 'here',
  });
});

it.each([
  [['--duration', '4'], '--duration must be at least 5 s, got 4'],
  [['--duration', 'long'], '--duration must be at least 5 s, got long'],
  [['--requests', '0'], '--requests must be an integer from 1 to 4294967295, got 0'],
  [['--requests', '1.5'], '--requests must be an integer from 1 to 4294967295, got 1.5'],
  [['--requests', ''], '--requests must be an integer from 1 to 4294967295, got '],
  [['--seed', '-1'], "Option '--seed' argument is ambiguous"],
  [['--seed=-1'], '--seed must be an integer from 0 to 4294967295, got -1'],
  [['--callers', '1000'], '--callers must be an integer from 1 to 512, got 1000'],
  [['--rate', '0'], '--rate must be an integer from 1 to 100000, got 0'],
  [['--framework', 'hapi'], '--framework must be one of express, koa, got hapi'],
  [['--sabotage', 'heap,all'], '--sabotage must be one of permit, slots, heap'],
  [['--duration', '9', '--requests', '9'], '--duration and --requests exclude each other'],
  [['--reqests', '9'], "Unknown option '--reqests'"],
])('says what is wrong with %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});

it('explains itself, with every option', () => {
  expect(readOptions(['--help'])).toBeUndefined();
  for (const flag of [
    'duration',
    'requests',
    'framework',
    'seed',
    'callers',
    'rate',
    'report',
    'sabotage',
  ]) {
    expect(usage).toContain(`--${flag} `);
  }
});
