import { startBackend } from '@spillway/test/support/backend.ts';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished } from 'vitest';
import { start } from './kubernetes.ts';
import { originOf } from './serve-recipe.ts';

it('is unready at once, serves until the balancer has noticed, and then ends', async () => {
  const clock = new FakeClock();
  const { server, stop } = start((await startBackend()).url, 0, { clock });
  onTestFinished(() => void process.off('SIGTERM', stop));
  expect(process.listeners('SIGTERM')).toContain(stop);
  const origin = await originOf(server);
  const statusOf = async (path: string) => (await fetch(origin + path)).status;
  expect(await statusOf('/readyz')).toBe(200);

  let ended = false;
  const stopped = stop().then(() => {
    ended = true;
  });
  expect(await statusOf('/readyz')).toBe(503);
  clock.advance(4_999);
  expect(await statusOf('/api')).toBe(200);
  clock.advance(1);
  await expect.poll(() => statusOf('/api').catch(() => 'refused')).toBe('refused');
  await until(() => {
    clock.advance(50);
    expect(ended).toBe(true);
  });
  await stopped;
});
