import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pathOf } from './tools.ts';

function promtool(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(pathOf('promtool'), args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

it('has alerts that Prometheus takes', () => {
  const rules = join(import.meta.dirname, '../../examples/kubernetes/chart/alerts/spillway.yaml');
  const { status, output } = promtool('check', 'rules', rules);
  expect(output).toContain('SUCCESS: 3 rules found');
  expect(status).toBe(0);
});

it('is alarmed when it should be, and not before', () => {
  const { status, output } = promtool(
    'test',
    'rules',
    join(import.meta.dirname, 'alerts.promtool.yaml'),
  );
  expect(output.trim()).toMatch(/SUCCESS$/);
  expect(status).toBe(0);
});
