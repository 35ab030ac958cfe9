import { setTimeout as after } from 'node:timers/promises';
import { createSpillway, type Logger, type PoolOptions } from '@spillway/express';
import { redisCoordinator } from '@spillway/redis';
import { until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { RedisServer } from './redis-server.ts';
import { startRedis } from './start-redis.ts';
import { startProxy } from './tcp-proxy.ts';

const backends: PoolOptions['backends'] = [
  { id: 'stable', url: 'http://stable.test' },
  { id: 'canary', url: 'http://canary.test', weight: 0 },
];

/** An instance of a service, in this process: what they have in common goes through Redis all the same. */
async function startInstance(redis: Pick<RedisServer, 'url'>, options: Partial<PoolOptions> = {}) {
  const coordinator = redisCoordinator({ url: redis.url });
  await coordinator.ready();
  const warn = vi.fn();
  const logger: Logger = { info() {}, warn, error() {} };
  const spillway = createSpillway({ coordinator, logger });
  onTestFinished(() => spillway.shutdown());
  const pool = spillway.pool('api', { backends, ...options });
  // The pool is made anew from what was changed before it came, in the same turn.
  await Promise.resolve();
  const shares = () =>
    Object.fromEntries(pool.status().backends.map(({ id, weight }) => [id, weight]));
  return { pool, warn, shares, spillway };
}

it('shares that are set in one instance are those of all, and of those who come later', async () => {
  const redis = await startRedis();
  const [first, second] = [await startInstance(redis), await startInstance(redis)];
  first.pool.setTraffic({ stable: 0.9, canary: 0.1 });
  await until(() => expect(second.shares()).toEqual({ stable: 0.9, canary: 0.1 }));
  const third = await startInstance(redis);
  expect(third.shares()).toEqual({ stable: 0.9, canary: 0.1 });
  third.pool.setTraffic({ stable: 0.5, canary: 0.5 });
  await until(() => {
    for (const { shares } of [first, second])
      expect(shares()).toEqual({ stable: 0.5, canary: 0.5 });
  });
});

it('of two changes at once one counts, for all of them', async () => {
  const redis = await startRedis();
  const instances = await Promise.all([1, 2, 3].map(() => startInstance(redis)));
  for (let round = 1; round < 10; round++) {
    instances.forEach(({ pool }, index) => {
      const canary = round / 10 + index / 100;
      pool.setTraffic({ stable: 1 - canary, canary });
    });
    await after(round);
  }
  await after(200);
  const [latest, ...others] = instances.map(({ shares }) => shares());
  for (const other of others) expect(other).toEqual(latest);
});

it('backends are added and removed, and shadows set, everywhere', async () => {
  const redis = await startRedis();
  const [first, second] = [await startInstance(redis), await startInstance(redis)];
  const headers = { 'api-key': 'secret' };
  first.pool.add({ id: 'next', url: new URL('http://next.test/v2'), headers, maxCount: 7 });
  first.pool.setTraffic({ stable: 0.5, next: 0.5 });
  first.pool.setShadow('canary', 0.25, { methods: 'all' });
  const stateOf = ({ pool }: typeof first) => {
    const { backends: all, shadows } = pool.status();
    return {
      backends: all.map(({ id, url, weight, maxCount }) => ({ id, url, weight, maxCount })),
      shadows: shadows.map(({ backend, proportion, methods }) => ({
        backend,
        proportion,
        methods,
      })),
    };
  };
  await until(() => expect(stateOf(second)).toEqual(stateOf(first)));
  expect(stateOf(second).shadows).toEqual([
    { backend: 'canary', proportion: 0.25, methods: 'all' },
  ]);
  expect(second.pool.backends.find(({ id }) => id === 'next')?.config.headers).toEqual(headers);
  await second.pool.remove('stable', { drain: true });
  await until(() => expect(Object.keys(first.shares())).toEqual(['canary', 'next']));
  const third = await startInstance(redis);
  await until(() => expect(Object.keys(third.shares())).toEqual(['canary', 'next']));
  expect(third.shares()).toEqual(first.shares());
  first.pool.setShadow('canary', 0);
  await until(() => expect(third.pool.status().shadows).toEqual([]));
});

it('a rollout in one instance moves the traffic of all, and a shadow keeps its own comparison', async () => {
  const redis = await startRedis();
  const [first, second] = [await startInstance(redis), await startInstance(redis)];
  const compare = () => true;
  second.pool.setShadow('stable', 0, { compare });
  const rollout = first.pool.rollout({ to: 'canary', steps: [0.2, 1], intervalMs: 60_000 });
  await until(() => expect(second.shares()).toEqual({ stable: 0.8, canary: 0.2 }));
  rollout.abort();
  await until(() => expect(second.shares()).toEqual({ stable: 1, canary: 0 }));
  first.pool.setShadow('stable', 0.5);
  await until(() => expect(second.pool.status().shadows).toHaveLength(1));
  expect(second.pool.shadows[0]?.compare).toBe(compare);
});

it('what was changed while Redis was away, or is lost there, is made good', async () => {
  const redis = await startRedis();
  const proxy = await startProxy(redis.port);
  const [first, second] = [await startInstance(proxy), await startInstance(redis)];
  proxy.down();
  await after(100);
  first.pool.setTraffic({ stable: 0.7, canary: 0.3 });
  expect(first.shares()).toEqual({ stable: 0.7, canary: 0.3 });
  proxy.up();
  await until(() => expect(second.shares()).toEqual({ stable: 0.7, canary: 0.3 }));
  await redis.stop();
  await redis.start();
  await after(1_500);
  const third = await startInstance(redis);
  await until(() => expect(third.shares()).toEqual({ stable: 0.7, canary: 0.3 }));
});

it('instances that are configured differently say so, once', async () => {
  const redis = await startRedis();
  const first = await startInstance(redis);
  await after(50);
  const other = [...backends, { id: 'extra', url: 'http://extra.test' }];
  const second = await startInstance(redis, { backends: other });
  const difference = (ours: number, theirs: number) => [
    'instances are configured differently',
    { pool: 'api', ours: shapeOf(ours), theirs: shapeOf(theirs) },
  ];
  const shapeOf = (count: number) => ({
    balance: 'weighted',
    backends: Object.fromEntries(
      other
        .slice(0, count)
        .map(({ id, url, weight = 1 }) => [id, { url: `${url}/`, priority: 1, weight }]),
    ),
  });
  await until(() => {
    expect(first.warn.mock.calls).toEqual([difference(2, 3)]);
    expect(second.warn.mock.calls).toEqual([difference(3, 2)]);
  });
  second.pool.setTraffic({ extra: 1 });
  await until(() => expect(first.warn).toHaveBeenCalledTimes(2));
  expect(first.warn.mock.calls[1]?.[1]).toMatchObject({ pool: 'api', change: 'shares' });
  second.spillway.limitConcurrency({ name: 'work', maxCount: 3 });
  await after(50);
  first.spillway.limitConcurrency({ name: 'work', maxCount: 2 });
  await until(() =>
    expect(first.warn.mock.calls.at(-1)).toEqual([
      'instances have different limits; the latest holds',
      { gate: 'work', theirs: 3, ours: 2 },
    ]),
  );
});

it("takes an ioredis client's settings over, and leaves the client alone", async () => {
  const redis = await startRedis();
  const client = redis.client();
  const coordinator = redisCoordinator({ client, prefix: 'shop' });
  await coordinator.ready();
  const spillway = createSpillway({ coordinator });
  spillway.pool('api', { backends }).setTraffic({ stable: 0.5, canary: 0.5 });
  await until(async () => {
    expect(await client.hget('shop:{pool:api}:traffic', 'version')).toBe('1');
  });
  await spillway.shutdown();
  expect(await client.zcard('shop:instances')).toBe(0);
  expect(await client.ping()).toBe('PONG');
  await until(async () => {
    expect(
      String(await client.client('LIST'))
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });
});
