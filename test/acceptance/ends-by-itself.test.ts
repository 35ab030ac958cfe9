import { fileURLToPath } from 'node:url';
import { startProgram } from '@spillway/test/support/demo.ts';
import { expect, it } from 'vitest';

it('after shutdown() a process ends by itself, with nothing of Spillway left', async () => {
  const file = fileURLToPath(new URL('ends-by-itself.fixture.ts', import.meta.url));
  const { code, output, errors } = await startProgram(file).ended;
  expect(errors).toBe('');
  expect(code).toBe(0);
  const { statuses, resources } = JSON.parse(output);
  expect(statuses).toEqual([200, 200, 200, 503, 503]);
  // The pipes to this test, and the timer that has just fired.
  const own = (name: string) => /^(PipeWrap|Timeout|TTYWrap)$/.test(name);
  expect(resources.filter((name: string) => !own(name))).toEqual([]);
});
