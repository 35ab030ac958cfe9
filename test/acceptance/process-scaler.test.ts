import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ProcessScaler,
  type ProcessScalerOptions,
  processorUse,
  processScaler,
} from '@spillway/autoscale';
import { createSpillway, type HttpPool } from '@spillway/express';
import { isAlive } from '@spillway/test/support/processes.ts';
import { until, within } from '@spillway/test/support/until.ts';
import express from 'express';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished, vi } from 'vitest';

const service = join(import.meta.dirname, 'autoscale-service.fixture.ts');
const signal = new AbortController().signal;

/** A gateway in front of instances of the fixture. */
async function setUp(options: Partial<ProcessScalerOptions<HttpPool>> = {}) {
  const spillway = createSpillway();
  const scaler = processScaler<HttpPool>({
    module: service,
    pool: (backends) => spillway.pool('service', { backends }),
    execArgv: ['--conditions=@spillway/source'],
    probeMs: 20,
    ...options,
  });
  const pids = new Set<number>();
  scaler.on('join', ({ pid }) => void pids.add(pid as number));
  onTestFinished(async () => {
    await scaler.close();
    expect([...pids].filter(isAlive)).toEqual([]);
    await spillway.shutdown({ timeoutMs: 0 });
  });
  return { spillway, scaler, pids };
}

async function serve(spillway: ReturnType<typeof createSpillway>, pool: HttpPool) {
  const app = express();
  app.use(spillway.proxy(pool));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const idsOf = ({ pool }: ProcessScaler<HttpPool>) => pool.status().backends.map(({ id }) => id);

it('makes the pool of the first instance, once that is ready; others join it', async () => {
  const { scaler } = await setUp({ env: { READY_AFTER_MS: '150' } });
  expect(() => scaler.pool).toThrow('there is no pool before the first instance is ready');
  const startedAt = performance.now();
  await scaler.scaleTo(1);
  expect(performance.now() - startedAt).toBeGreaterThan(150);
  expect(scaler.current()).toBe(1);
  expect(idsOf(scaler)).toEqual(['instance-1']);
  await scaler.scaleTo(2);
  expect(idsOf(scaler)).toEqual(['instance-1', 'instance-2']);
  const { instances } = scaler.status();
  expect(instances.map(({ state }) => state)).toEqual(['ready', 'ready']);
  expect(new Set(instances.map(({ port }) => port)).size).toBe(2);
});

it('counts instances that start, and ends the latest first', async () => {
  const { scaler } = await setUp();
  const scaled = scaler.scaleTo(3);
  expect(scaler.current()).toBe(3);
  await scaled;
  await scaler.scaleTo(1);
  expect(scaler.current()).toBe(1);
  expect(idsOf(scaler)).toEqual(['instance-1']);
  // Ids are used again.
  await scaler.scaleTo(2);
  expect(idsOf(scaler)).toEqual(['instance-1', 'instance-2']);
});

it('gives backends the options that it was given for them', async () => {
  const { scaler } = await setUp({ name: 'prices', backend: { maxCount: 7, weight: 2 } });
  await scaler.scaleTo(1);
  expect(scaler.pool.status().backends).toMatchObject([{ id: 'prices-1', maxCount: 7, weight: 2 }]);
});

it('lets an instance that leaves finish what it has', async () => {
  const { spillway, scaler } = await setUp({ env: { WORK_MS: '300' } });
  await scaler.scaleTo(2);
  const origin = await serve(spillway, scaler.pool);
  const answers = Array.from({ length: 4 }, async () => {
    const answer = await fetch(`${origin}/pid`, { method: 'POST' }).then(() =>
      fetch(`${origin}/pid`),
    );
    return answer.status;
  });
  await until(() => expect(scaler.pool.status().running).toBeGreaterThanOrEqual(2));
  await scaler.scaleTo(1);
  expect(await Promise.all(answers)).toEqual([200, 200, 200, 200]);
});

it('kills an instance that does not end by itself in time', async () => {
  const { scaler, pids } = await setUp({ env: { IGNORES_SIGTERM: 'yes' }, stopTimeoutMs: 200 });
  await scaler.scaleTo(2);
  await within(5_000, scaler.scaleTo(1));
  expect([...pids].filter(isAlive)).toHaveLength(1);
});

it('ends an instance that does not become ready, and says so', async () => {
  const { scaler } = await setUp({ env: { READY_AFTER_MS: '600000' }, readyTimeoutMs: 300 });
  const failures = vi.fn();
  scaler.on('failure', failures);
  await expect(scaler.scaleTo(1)).rejects.toMatchObject({
    code: 'not_ready',
    message: 'GET /readyz did not answer 200 within 300 ms',
  });
  expect(failures).toHaveBeenCalledTimes(1);
  expect(scaler.current()).toBe(0);
  expect(scaler.status().instances).toEqual([]);
});

it.each([
  ['ends before it is ready', { env: { DIES: 'at once' } }, 'it ended before it was ready: code 3'],
  ['does not exist', { module: '/nowhere/service.js' }, 'it ended before it was ready: code 1'],
])('rejects at once when the module %s', async (_, options, message) => {
  const { scaler } = await setUp({ ...options, output: 'ignore' });
  await expect(scaler.scaleTo(1)).rejects.toThrow(message);
  expect(scaler.current()).toBe(0);
});

it('does not take for ready a process that has ended, whoever answers on its port', async () => {
  // By the second question somebody listens; the first one is refused.
  const { scaler } = await setUp({ env: { DIES: 'for another one' }, probeMs: 1_500 });
  await expect(scaler.scaleTo(1)).rejects.toThrow('it ended before it was ready: code 3');
  expect(scaler.status().instances).toEqual([]);
});

it('keeps the instances that became ready when another one did not', async () => {
  const { spillway } = await setUp();
  const made = vi.fn((backends) => spillway.pool('half', { backends }));
  const { scaler } = await setUp({ pool: made });
  await scaler.scaleTo(1);
  vi.stubEnv('DIES', 'at once');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(scaler.scaleTo(3)).rejects.toMatchObject({ code: 'not_ready' });
  expect(scaler.current()).toBe(1);
  expect(made).toHaveBeenCalledTimes(1);
});

it('ends what it is starting when that is given up', async () => {
  const { scaler } = await setUp({ env: { READY_AFTER_MS: '600000' } });
  const givenUp = new AbortController();
  const scaled = scaler.scaleTo(2, givenUp.signal);
  await until(() => expect(scaler.status().instances.every(({ pid }) => pid)).toBe(true));
  const pids = scaler.status().instances.map(({ pid }) => pid as number);
  givenUp.abort(new Error('too late'));
  await expect(scaled).rejects.toThrow('too late');
  expect(scaler.current()).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
});

it('replaces an instance that dies, and takes it out of the pool meanwhile', async () => {
  const { scaler } = await setUp({ env: { READY_AFTER_MS: '200' } });
  await scaler.scaleTo(2);
  const died = once(scaler, 'die');
  const joined = once(scaler, 'join');
  const [, second] = scaler.status().instances;
  process.kill(second?.pid as number, 'SIGKILL');
  expect(await died).toEqual([
    { instance: 'instance-2', pid: second?.pid, code: null, signal: 'SIGKILL' },
  ]);
  expect(scaler.current()).toBe(2);
  await until(() => expect(idsOf(scaler)).toEqual(['instance-1']));
  expect(await joined).toMatchObject([{ instance: 'instance-2' }]);
  expect(idsOf(scaler)).toEqual(['instance-1', 'instance-2']);
  expect(scaler.status().instances).toMatchObject([{ restarts: 0 }, { restarts: 1 }]);
});

it('waits before it replaces an instance that has died again', async () => {
  const { scaler } = await setUp();
  await scaler.scaleTo(2);
  for (const pauseMs of [0, 1_000]) {
    const pid = scaler.status().instances[1]?.pid as number;
    const joined = once(scaler, 'join');
    const startedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    await joined;
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(pauseMs);
  }
  expect(scaler.status().instances[1]).toMatchObject({ state: 'ready', restarts: 2 });
});

it('goes on trying when a replacement does not become ready', async () => {
  const { scaler } = await setUp();
  await scaler.scaleTo(2);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('DIES', 'at once');
  const failed = once(scaler, 'failure');
  process.kill(scaler.status().instances[1]?.pid as number, 'SIGKILL');
  expect(await failed).toMatchObject([
    {
      instance: 'instance-2',
      error: { code: 'not_ready', message: expect.stringMatching(/code 3$/) },
    },
  ]);
  expect(scaler.status().instances[1]?.state).toBe('restarting');
  expect(scaler.current()).toBe(2);
  vi.unstubAllEnvs();
  await once(scaler, 'join');
  expect(idsOf(scaler).sort()).toEqual(['instance-1', 'instance-2']);
});

it('ends an instance that is being replaced', async () => {
  const { scaler } = await setUp();
  await scaler.scaleTo(2);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('DIES', 'at once');
  const failed = once(scaler, 'failure');
  process.kill(scaler.status().instances[1]?.pid as number, 'SIGKILL');
  await failed;
  await within(5_000, scaler.scaleTo(1));
  expect(scaler.status().instances.map(({ id }) => id)).toEqual(['instance-1']);
});

it('replaces the only instance on its own port, for a pool cannot be empty', async () => {
  const { spillway, scaler } = await setUp();
  await scaler.scaleTo(1);
  const origin = await serve(spillway, scaler.pool);
  const [first] = scaler.status().instances;
  const joined = once(scaler, 'join');
  process.kill(first?.pid as number, 'SIGKILL');
  await joined;
  expect(scaler.status().instances).toMatchObject([{ port: first?.port, restarts: 1 }]);
  const answer = await fetch(`${origin}/pid`);
  expect(await answer.text()).toBe(String(scaler.status().instances[0]?.pid));
});

it('keeps its instances when a Ctrl-C reaches them, too', async () => {
  const { scaler } = await setUp();
  await scaler.scaleTo(1);
  const [instance] = scaler.status().instances;
  process.kill(instance?.pid as number, 'SIGINT');
  for (let count = 0; count < 3; count++) {
    const answer = await scaler.pool.fetch('/pid');
    expect(await answer.text()).toBe(String(instance?.pid));
  }
  expect(scaler.status().instances).toEqual([instance]);
});

it('scales down to none and up again', async () => {
  const { spillway, scaler } = await setUp();
  await scaler.scaleTo(2);
  const origin = await serve(spillway, scaler.pool);
  await scaler.scaleTo(0);
  expect(scaler.current()).toBe(0);
  expect((await fetch(`${origin}/pid`)).status).toBe(502);
  await scaler.scaleTo(2);
  // Whichever was ready first.
  expect(idsOf(scaler).sort()).toEqual(['instance-1', 'instance-2']);
  for (let count = 0; count < 4; count++) {
    expect((await fetch(`${origin}/pid`)).status).toBe(200);
  }
});

it('joins a pool that has other backends, and leaves them alone', async () => {
  const { spillway } = await setUp();
  const pool = spillway.pool('mixed', { backends: [{ id: 'fixed', url: 'http://127.0.0.1:9' }] });
  const { scaler } = await setUp({ pool });
  expect(scaler.pool).toBe(pool);
  await scaler.scaleTo(1);
  expect(idsOf(scaler)).toEqual(['fixed', 'instance-1']);
  await scaler.scaleTo(0);
  expect(idsOf(scaler)).toEqual(['fixed']);
});

it('starts nothing once it has been closed', async () => {
  const { scaler } = await setUp();
  await scaler.scaleTo(1);
  await Promise.all([scaler.close(), scaler.close()]);
  expect(scaler.current()).toBe(0);
  await expect(scaler.scaleTo(1)).rejects.toMatchObject({ code: 'closed' });
});

it('ends its instances when it is closed while they start', async () => {
  const { scaler } = await setUp({ env: { READY_AFTER_MS: '600000' } });
  const scaled = scaler.scaleTo(2).catch((error: unknown) => error);
  await until(() => expect(scaler.status().instances.every(({ pid }) => pid)).toBe(true));
  const pids = scaler.status().instances.map(({ pid }) => pid as number);
  await within(5_000, scaler.close());
  expect(await scaled).toMatchObject({ code: 'not_ready' });
  expect(pids.filter(isAlive)).toEqual([]);
});

it('measures the processor use of its instances between two samples', async () => {
  const { spillway, scaler } = await setUp();
  const metric = processorUse(scaler);
  expect(await metric(signal)).toBeUndefined();
  await scaler.scaleTo(1);
  expect(await metric(signal)).toBeUndefined();
  await sleep(200);
  const idle = await metric(signal);
  const origin = await serve(spillway, scaler.pool);
  await fetch(`${origin}/busy/600`);
  const busy = await metric(signal);
  expect(idle).toBeLessThan(0.5);
  expect(busy).toBeGreaterThan(idle as number);
  const [usage] = await scaler.usage();
  expect(usage).toMatchObject({ instance: 'instance-1', pid: scaler.status().instances[0]?.pid });
  expect(usage?.processorMs).toBeGreaterThan(400);
});

it('shows instances, their ends and their processor time in a registry', async () => {
  const registry = new Registry();
  const { scaler } = await setUp({ registry, name: 'prices' });
  await scaler.scaleTo(2);
  const joined = once(scaler, 'join');
  process.kill(scaler.status().instances[0]?.pid as number, 'SIGKILL');
  await joined;
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toContain('spillway_instances{scaler="prices",state="ready"} 2');
  expect(lines).toContain('spillway_instances{scaler="prices",state="starting"} 0');
  expect(lines).toContain(
    'spillway_instance_restarts_total{scaler="prices",instance="prices-1"} 1',
  );
  for (const instance of ['prices-1', 'prices-2']) {
    const line = lines.find((each) =>
      each.includes(`processor_seconds_total{scaler="prices",instance="${instance}"}`),
    );
    expect(Number(line?.split(' ').at(-1))).toBeGreaterThan(0);
  }
  await scaler.close();
  expect(await registry.metrics()).not.toContain('scaler="prices"');
});

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'instances end when their parent is ended by %s',
  async (by) => {
    const parent = fork(join(import.meta.dirname, 'process-scaler-parent.fixture.ts'), {
      execArgv: ['--conditions=@spillway/source'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [pids] = (await within(15_000, once(parent, 'message'))) as [number[]];
    expect(pids).toHaveLength(2);
    expect(pids.every(isAlive)).toBe(true);
    parent.kill(by);
    await until(() => expect(pids.filter(isAlive)).toEqual([]));
  },
);

it.each<[object, string]>([
  [{ module: '' }, `processScaler.module must be a path or a 'file:' URL, got ""`],
  [{ pool: {} }, "processScaler.pool must have a method 'add', got an object"],
  [{ readinessPath: 'readyz' }, `must be a path that begins with '/', got "readyz"`],
  [{ backend: { id: 'a' } }, 'processScaler.backend.id is set by the scaler'],
  [{ env: { A: 1 } }, 'processScaler.env.A must be a string, got 1'],
  [{ modul: service }, "processScaler.modul is not an option; did you mean 'module'?"],
])('refuses %j', (wrong, message) => {
  const options = { module: service, pool: () => ({}), ...wrong };
  expect(() => processScaler(options as never)).toThrow(message);
});
