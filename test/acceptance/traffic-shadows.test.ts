import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { Harm, Measured } from './traffic-shadows.fixture.ts';

const REQUESTS = 150 * 8;

async function measure(...harms: Harm[]): Promise<Measured> {
  const file = fileURLToPath(new URL('traffic-shadows.fixture.ts', import.meta.url));
  const args = ['--conditions', '@spillway/source', file, JSON.stringify(harms)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return JSON.parse(output) as Measured;
}

// Other processes can only make a wait longer: of three measurements one has to be good.
const options = { retry: 2, timeout: 60_000 };

it('a shadow that hangs or resets leaves the callers their p99, within 5 ms', options, async () => {
  const { longer, failures, copies } = await measure(['hangs', 1], ['resets', 0.5]);
  expect(failures).toEqual([]);
  expect(copies.hangs).toMatchObject({ dropped: REQUESTS - 100 });
  expect(copies.resets?.reset).toBeGreaterThan(REQUESTS / 3);
  expect(longer.hangs?.p99).toBeLessThan(5);
  expect(longer.resets?.p99).toBeLessThan(5);
});

it('a shadow that floods leaves the callers their p99, within 5 ms', options, async () => {
  const { longer, failures, copies } = await measure(['floods', 0.1]);
  expect(failures).toEqual([]);
  expect(copies.floods?.success).toBeGreaterThan(REQUESTS / 20);
  expect(longer.floods?.p50).toBeLessThan(1);
  expect(longer.floods?.p99).toBeLessThan(5);
});
