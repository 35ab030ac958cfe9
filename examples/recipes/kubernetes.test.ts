import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import type { RequestHandler } from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { start } from './kubernetes.ts';
import { originOf } from './serve-recipe.ts';

async function startService(makeReport: RequestHandler) {
  const clock = new FakeClock();
  const { server, stop } = start(makeReport, 0, { clock });
  onTestFinished(async () => {
    process.off('SIGTERM', stop);
    const stopped = stop();
    await until(() => {
      clock.advance(30_000);
      expect(server.listening).toBe(false);
    });
    await stopped;
  });
  expect(process.listeners('SIGTERM')).toContain(stop);
  const origin = await originOf(server);
  const statusOf = async (path: string) => (await fetch(origin + path)).status;
  return { clock, stop, origin, statusOf };
}

it('is unready while its queue is long, and lives', async () => {
  const unfinished: (() => void)[] = [];
  let atOnce = false;
  const { origin, statusOf } = await startService((_req, res) => {
    unfinished.push(() => res.end());
    if (atOnce) res.end();
  });
  expect(await statusOf('/readyz')).toBe(200);
  const calls = Array.from({ length: 4 }, () => fetch(`${origin}/reports`));
  await until(async () => expect(await statusOf('/readyz')).toBe(429));
  expect(await statusOf('/livez')).toBe(200);
  atOnce = true;
  for (const finish of unfinished) finish();
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(4).fill(200));
  expect(await statusOf('/readyz')).toBe(200);
});

it('is unready at once, serves until the balancer has noticed, and then ends', async () => {
  const { clock, stop, statusOf } = await startService((_req, res) => void res.end());
  expect(await statusOf('/readyz')).toBe(200);

  let ended = false;
  const stopped = stop().then(() => {
    ended = true;
  });
  expect(await statusOf('/readyz')).toBe(503);
  expect(await statusOf('/livez')).toBe(200);
  clock.advance(4_999);
  expect(await statusOf('/reports')).toBe(200);
  clock.advance(1);
  await expect.poll(() => statusOf('/reports').catch(() => 'refused')).toBe('refused');
  await until(() => {
    clock.advance(50);
    expect(ended).toBe(true);
  });
  await stopped;
});
