import { setTimeout as after } from 'node:timers/promises';
import type { OnUnavailable } from '@spillway/redis';
import { until } from '@spillway/test/support/until.ts';
import { describe, expect, it } from 'vitest';
import { Callers, type Instance, startInstance, startWork, type WorkBackend } from './instances.ts';
import type { RedisServer } from './redis-server.ts';
import { startRedis } from './start-redis.ts';
import { startProxy, type TcpProxy } from './tcp-proxy.ts';

const maxCount = 12;

interface Service {
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  readonly work: WorkBackend;
  readonly instances: readonly Instance[];
  replica?: RedisServer;
}

/** Starts a Redis that knows what the other one knows. */
async function startReplica({ port }: RedisServer): Promise<RedisServer> {
  const replica = await startRedis();
  await replica.client().replicaof('127.0.0.1', port);
  await until(async () => {
    expect(await replica.client().info('replication')).toContain('master_link_status:up');
  });
  return replica;
}

/** Three instances, each with callers for the whole limit. */
async function startService(onUnavailable: OnUnavailable, maxQueueLength = 100): Promise<Service> {
  const redis = await startRedis();
  const proxy = await startProxy(redis.port);
  const work = await startWork(20);
  const options = {
    redis: { url: proxy.url, onUnavailable },
    backend: work.url,
    limit: { maxCount, maxQueueLength },
  };
  const instances = await Promise.all([1, 2, 3].map(() => startInstance(options)));
  // Each has heard of all others.
  await after(1_500);
  return { redis, proxy, work, instances };
}

function callAll({ instances }: Service, each: number): Callers {
  const callers = new Callers();
  for (const { origin } of instances) callers.call(origin, each);
  return callers;
}

/** Sooner or later the limit is used to the full, by all, and not exceeded any more. */
async function holds({ work, instances }: Service): Promise<void> {
  await until(async () => {
    work.most = 0;
    await after(400);
    expect(work.most).toBe(maxCount);
    for (const { pid } of instances) expect(work.runningOf(pid)).toBeGreaterThanOrEqual(2);
  }, 15_000);
  work.most = 0;
  await after(600);
  expect(work.most).toBeLessThanOrEqual(maxCount);
}

/** How long one request takes that has to be decided without Redis, and what becomes of it. */
async function decision({ origin }: Instance): Promise<{ status: number; ms: number }> {
  const startedAt = performance.now();
  const { status } = await fetch(`${origin}/work`);
  return { status, ms: performance.now() - startedAt };
}

/** 50 ms, the work, and what a busy machine takes. */
const DECIDED_WITHIN_MS = 50 + 20 + 150;

const outages: [
  name: string,
  begin: (service: Service) => unknown,
  end: (service: Service) => unknown,
][] = [
  ['away', ({ proxy }) => proxy.down(), ({ proxy }) => proxy.up()],
  [
    'slow by 5 s',
    ({ proxy }) => {
      proxy.delayMs = 5_000;
    },
    ({ proxy }) => {
      proxy.delayMs = 0;
    },
  ],
  ['killed, with all that it knew', ({ redis }) => redis.stop(), ({ redis }) => redis.start()],
  [
    'killed, and a replica takes its place',
    async (service) => {
      service.replica = await startReplica(service.redis);
      await service.redis.stop();
    },
    async ({ replica, proxy }) => {
      await replica?.client().replicaof('NO', 'ONE');
      if (replica !== undefined) proxy.targetPort = replica.port;
    },
  ],
];

describe.each(outages)('while Redis is %s', (_name, begin, end) => {
  it("'local' lets each instance run its share, and the limit holds again afterwards", async () => {
    const service = await startService('local');
    await begin(service);
    for (const instance of service.instances) {
      const { status, ms } = await decision(instance);
      expect(status).toBe(200);
      expect(ms).toBeLessThan(DECIDED_WITHIN_MS);
    }
    const callers = callAll(service, 20);
    const { work, instances } = service;
    await until(() => {
      for (const { pid } of instances) expect(work.runningOf(pid)).toBe(maxCount / 3);
    });
    await after(500);
    expect(work.most).toBe(maxCount);
    await end(service);
    await after(2_000);
    expect(work.most).toBe(maxCount);
    await holds(service);
    expect([...callers.statuses.keys()]).toEqual([200]);
  });

  it("'reject' refuses at once, and lets requests through again afterwards", async () => {
    const service = await startService('reject');
    await begin(service);
    for (const instance of service.instances) {
      const { status, ms } = await decision(instance);
      expect(status).toBe(503);
      expect(ms).toBeLessThan(DECIDED_WITHIN_MS);
    }
    expect(service.work.servedInAll).toBe(0);
    await end(service);
    await until(async () => {
      for (const instance of service.instances) expect((await decision(instance)).status).toBe(200);
    }, 15_000);
    callAll(service, 20);
    await holds(service);
  });

  it('what is at work when it begins is counted when it ends', async () => {
    const service = await startService('local');
    callAll(service, 20);
    await holds(service);
    await begin(service);
    await after(1_000);
    await end(service);
    await holds(service);
  });
});

it('an instance that starts without Redis is decided for by its mode, and joins the others later', async () => {
  const redis = await startRedis();
  const proxy = await startProxy(redis.port);
  const work = await startWork(20);
  proxy.down();
  const options = {
    backend: work.url,
    limit: { maxCount, maxQueueLength: 100 },
    awaitReady: false,
  };
  const [local, rejecting] = await Promise.all([
    startInstance({ ...options, redis: { url: proxy.url } }),
    startInstance({ ...options, redis: { url: proxy.url, onUnavailable: 'reject' } }),
  ]);
  expect((await decision(local)).status).toBe(200);
  expect((await decision(rejecting)).status).toBe(503);
  proxy.up();
  await until(async () => expect((await decision(rejecting)).status).toBe(200));
  const callers = new Callers();
  for (const { origin } of [local, rejecting]) callers.call(origin, 20);
  await holds({ redis, proxy, work, instances: [local, rejecting] });
});

describe('Redis that forgets', () => {
  it('its scripts is told them again', async () => {
    const service = await startService('local');
    const callers = callAll(service, 20);
    await holds(service);
    await service.redis.client().script('FLUSH');
    await holds(service);
    expect(service.work.most).toBe(maxCount);
    expect([...callers.statuses.keys()]).toEqual([200]);
  });

  it('everything is told of what is at work, and the limit holds again', async () => {
    const service = await startService('local');
    const callers = callAll(service, 20);
    await holds(service);
    await service.redis.client().flushall();
    await holds(service);
    expect([...callers.statuses.keys()]).toEqual([200]);
  });
});

it('an instance that hung for longer than the others wait for it finds its way back', async () => {
  const service = await startService('local');
  callAll(service, 20);
  await holds(service);
  const [frozen, ...others] = service.instances as [Instance, Instance, Instance];
  frozen.freeze();
  await until(() => {
    const running = others.map(({ pid }) => service.work.runningOf(pid));
    expect(running.reduce((sum, count) => sum + count, 0)).toBe(maxCount);
  }, 10_000);
  frozen.thaw();
  await holds(service);
});
