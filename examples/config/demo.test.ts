import { runDemo } from '@spillway/test/support/demo.ts';
import { expect, it } from 'vitest';

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
