import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MIB = 1_048_576;

/** What is left, in bytes, of a million keys that went this way. */
async function leftBy(way: string): Promise<number> {
  const file = fileURLToPath(new URL('million-keys.fixture.ts', import.meta.url));
  const args = ['--expose-gc', '--conditions', '@spillway/source', file, way];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

it.each(['header', 'cookie', 'function', 'gate'])(
  'a million keys leave nothing behind: %s',
  { timeout: 60_000 },
  async (way) => {
    expect(await leftBy(way)).toBeLessThan(4 * MIB);
  },
);

it('a million keys would be found out if they were kept', { timeout: 60_000 }, async () => {
  expect(await leftBy('control')).toBeGreaterThan(8 * MIB);
});
