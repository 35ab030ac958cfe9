import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDemo, startDemo } from '@spillway/test/support/demo.ts';
import { childrenOf, isAlive } from '@spillway/test/support/processes.ts';
import { expect, it, onTestFinished } from 'vitest';

it('follows its file under load, and refuses a wrong one with its line', async () => {
  const { code, output, errors } = await runDemo(import.meta.dirname);
  expect(errors).toBe('');
  expect(output.match(/^✓/gm)).toHaveLength(7);
  expect(output).not.toContain('✗');
  expect(output).toContain(
    '  configuration refused: spillway.yaml:7:17: pool(prices).backends[0].weight must be ' +
      'a finite number of at least 0, got "most of it"',
  );
  expect(code).toBe(0);
});

it('leaves no service behind when it is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-killed-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { child, output } = startDemo(import.meta.dirname, [], { ...process.env, TMPDIR: folder });
  await expect.poll(output, { timeout: 15_000 }).toContain('callers, two backends');
  const children = childrenOf(child.pid as number);
  expect(children).toHaveLength(1);
  child.kill('SIGKILL');
  await expect.poll(() => children.filter(isAlive), { timeout: 15_000 }).toEqual([]);
});
