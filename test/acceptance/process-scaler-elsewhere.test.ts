import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processorUse, processScaler } from '@spillway/autoscale';
import { createSpillway } from '@spillway/express';
import { within } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished, vi } from 'vitest';

// As on a system that has no /proc.
vi.mock('../../packages/autoscale/src/scalers/process/processor-time.ts', () => ({
  processorTimeMs: async () => undefined,
}));

async function startOne() {
  const spillway = createSpillway();
  const scaler = processScaler({
    module: join(import.meta.dirname, 'autoscale-service.fixture.ts'),
    pool: (backends) => spillway.pool('service', { backends }),
    execArgv: [],
    probeMs: 20,
  });
  onTestFinished(async () => {
    await scaler.close();
    await spillway.shutdown();
  });
  await scaler.scaleTo(1);
  return scaler;
}

it('asks instances how much processor time they have used', async () => {
  const scaler = await startOne();
  const [before] = await scaler.usage();
  const both = await Promise.all([scaler.usage(), scaler.usage()]);
  expect(both[0]).toEqual(both[1]);
  await (await scaler.pool.fetch('/busy/300')).text();
  const [after] = await scaler.usage();
  expect(after?.processorMs).toBeGreaterThan((before?.processorMs ?? 0) + 50);
  expect(after?.atMs).toBeGreaterThan((before?.atMs ?? 0) + 250);
  const metric = processorUse(scaler);
  const { signal } = new AbortController();
  expect(await metric(signal)).toBeUndefined();
  await sleep(50);
  expect(await metric(signal)).toBeLessThan(1.5);
});

it('does not wait for the answer of an instance that dies', async () => {
  const scaler = await startOne();
  const [instance] = scaler.status().instances;
  process.kill(instance?.pid as number, 'SIGSTOP');
  const usage = scaler.usage().catch((error: Error) => error.message);
  process.kill(instance?.pid as number, 'SIGKILL');
  expect(await within(5_000, usage)).toMatch(/the process has ended|EPIPE|no channel/);
});
