import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from './start-redis.ts';

it('examples/instances: a limit and a share hold for three instances, and for one that comes later', async () => {
  const redis = await startRedis();
  const demo = fileURLToPath(new URL('../../examples/instances/demo.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@spillway/source', demo], {
    env: { ...process.env, REDIS_URL: redis.url },
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
  expect(output.match(/^✗.*\n.*/gm)).toBeNull();
  expect(output.match(/^✓/gm)).toHaveLength(6);
  expect(code).toBe(0);
});
