import { fileURLToPath } from 'node:url';
import { startDemo } from '@spillway/test/support/demo.ts';
import { expect, it } from 'vitest';
import { startRedis } from './start-redis.ts';

it('examples/instances: a limit and a share hold for three instances, and for one that comes later', async () => {
  const redis = await startRedis();
  const demo = fileURLToPath(new URL('../../examples/instances', import.meta.url));
  const env = { ...process.env, REDIS_URL: redis.url };
  const { code, output, errors } = await startDemo(demo, [], env).ended;
  expect(errors).toBe('');
  expect(output.match(/^✗.*\n.*/gm)).toBeNull();
  expect(output.match(/^✓/gm)).toHaveLength(6);
  expect(code).toBe(0);
});
