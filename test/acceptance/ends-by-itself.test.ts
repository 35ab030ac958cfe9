import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

it('after shutdown() a process ends by itself, with nothing of Spillway left', async () => {
  const file = fileURLToPath(new URL('ends-by-itself.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions', '@spillway/source', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  expect(errors).toBe('');
  expect(code).toBe(0);
  const { statuses, resources } = JSON.parse(output);
  expect(statuses).toEqual([200, 200, 200, 503, 503]);
  // The pipes to this test, and the timer that has just fired.
  const own = (name: string) => /^(PipeWrap|Timeout|TTYWrap)$/.test(name);
  expect(resources.filter((name: string) => !own(name))).toEqual([]);
});
