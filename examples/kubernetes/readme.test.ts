import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { readOptions } from './options.ts';
import { scenarioOf } from './scenario.ts';
import { createService } from './service/service.ts';
import { type Second, simulate } from './simulation.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const readme = read('README.md');

const rows = readme
  .split('\n')
  .filter((line) => /^\| (?:none|`--)/.test(line))
  .map((line) => line.slice(2, -2).split(' | '));

it.each(rows)('has measured %s', async (flags = '', ...figures) => {
  const args = flags === 'none' ? [] : flags.replaceAll('`', '').split(' ');
  const { rate, minutes, set } = readOptions(args);
  const scenario = scenarioOf({ burstRate: rate, burstSeconds: minutes * 60, set });
  const { seconds } = await simulate(scenario);
  const total = (value: (second: Second) => number) =>
    seconds.reduce((sum, second) => sum + value(second), 0);
  const measured = [
    total(({ sent }) => sent),
    total(({ ended }) => ended.served ?? 0),
    total(({ ended: { served, ...refusals } }) =>
      Object.values(refusals).reduce((sum, count) => sum + count, 0),
    ),
    total(({ unreachable }) => unreachable),
    Math.max(...seconds.map(({ pods }) => pods)),
  ];
  expect(figures.map(Number)).toEqual(measured);
});

it('has measured more than one way', () => {
  expect(rows).toHaveLength(5);
});

it('says of the settings what the chart has', () => {
  const values = parse(read('chart/values.yaml'));
  const section = readme.slice(readme.indexOf('## The settings that belong together'));
  const stated = Array.from(section.matchAll(/`([\w.]+)` \((\d+)( s)?\)/g));
  expect(stated.length).toBeGreaterThan(5);
  for (const [, path = '', number, seconds] of stated) {
    const value = path.split('.').reduce((inner, key) => inner[key], values);
    expect(value, path).toBe(Number(number) * (seconds ? 1_000 : 1));
  }
});

it('names the image that the chart asks for', () => {
  const { image } = parse(read('chart/values.yaml'));
  const { appVersion } = parse(read('chart/Chart.yaml'));
  const images = new Set(readme.match(/spillway-reports:[\d.]+\d/g));
  expect([...images]).toEqual([`${image.repository}:${appVersion}`]);
});

it('has a load that counts the answers of the service', async () => {
  const [, script = ''] = /-- node -e '\n(.+?)\n'/s.exec(readme) ?? [];
  const { app, spillway } = createService({
    maxCount: 1,
    maxQueueLength: 0,
    maxQueueRatio: 2,
    makeReport: async () => {},
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => spillway.shutdown({ server, timeoutMs: 0 }));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const here = script
    .replace('http://reports/', `http://127.0.0.1:${port}/`)
    .replace(/\b5000\b/, '50');
  const load = spawn(process.execPath, ['-e', here]);
  let output = '';
  load.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  onTestFinished(() => void load.kill('SIGKILL'));
  await expect.poll(() => output, { timeout: 15_000 }).toMatch(/{"200":\d+}/);
});
