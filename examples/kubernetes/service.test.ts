import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished } from 'vitest';

const read = (path: string) => JSON.parse(readFileSync(join(import.meta.dirname, path), 'utf8'));

function start(env: NodeJS.ProcessEnv = {}) {
  const service = join(import.meta.dirname, 'service/service.ts');
  const child = spawn(process.execPath, ['--conditions=@spillway/source', service], {
    env: { PATH: process.env.PATH, PORT: '0', READINESS_DELAY_MS: '0', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output }));
  return { child, ended, output: () => output };
}

async function startService(env: NodeJS.ProcessEnv) {
  const { child, ended, output } = start(env);
  const [, port] = await expect
    .poll(() => /listening on port (\d+)/.exec(output()), { timeout: 15_000 })
    .not.toBeNull()
    .then(() => /listening on port (\d+)/.exec(output()) ?? []);
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  const metric = async (name: string) => {
    const text = await (await ask('/metrics')).text();
    return Number(new RegExp(`^${name}{gate="reports"} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  return { child, ended, ask, metric };
}

it('makes reports, tells how long its queue is, and finishes them when it is told to end', async () => {
  const { child, ended, ask, metric } = await startService({ MAX_COUNT: '1', REPORT_MS: '1500' });
  expect((await ask('/livez')).status).toBe(200);
  expect((await ask('/readyz')).status).toBe(200);
  expect(await metric('spillway_queue_ratio')).toBe(0);
  const reports = ['first', 'second'].map((id) => ask(`/reports/${id}`));
  await until(async () => expect(await metric('spillway_queue_ratio')).toBe(1));
  child.kill('SIGTERM');
  const answers = await Promise.all(reports.map(async (report) => (await report).json()));
  expect(answers).toEqual([{ report: 'first' }, { report: 'second' }]);
  expect(await ended).toMatchObject({ code: 0, signal: null });
});

it.each([
  ['MAX_COUNT', 'four', "the environment variable MAX_COUNT must be a number, got 'four'"],
  ['MAX_COUNT', '0', 'limitConcurrency(reports).maxCount must be a positive integer, got 0'],
  ['MAX_QUEUE_RATIO', '-1', 'readiness.maxQueueRatio must be'],
])('does not start with %s=%s', async (name, value, message) => {
  const { code, output } = await start({ [name]: value }).ended;
  expect(output).toContain(message);
  expect(code).toBe(1);
});

it('needs of npm what this repository has', () => {
  const { dependencies } = read('service/package.json');
  expect(Object.keys(dependencies).sort()).toEqual(['@spillway/express', 'express']);
  const { name, version } = read('../../packages/express/package.json');
  expect(dependencies[name]).toBe(`^${version}`);
  expect(dependencies.express).toBe(read('package.json').dependencies.express);
});
