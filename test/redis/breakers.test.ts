import { createSpillway } from '@spillway/express';
import { redisCoordinator } from '@spillway/redis';
import {
  answers,
  refuses,
  startBackend,
  type TestBackend,
} from '@spillway/test/support/backend.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished } from 'vitest';
import type { RedisServer } from './redis-server.ts';
import { startRedis } from './start-redis.ts';
import { startProxy } from './tcp-proxy.ts';

/** An instance of a service, in this process: what they have in common goes through Redis all the same. */
async function startInstance(redis: Pick<RedisServer, 'url'>, backend: TestBackend) {
  const coordinator = redisCoordinator({ url: redis.url });
  await coordinator.ready();
  const spillway = createSpillway({ coordinator });
  onTestFinished(() => spillway.shutdown());
  const breaker = { failureCount: 1, tripDurationMs: 1_000, acceptRetryAfter: true };
  const pool = spillway.pool('api', { backends: [{ id: 'a', url: backend.url, breaker }] });
  const trips: unknown[] = [];
  pool.on('trip', (trip) => trips.push(trip));
  const state = () => pool.status().backends[0]?.breaker?.state;
  const remainingMs = () => pool.status().backends[0]?.breaker?.remainingMs ?? 0;
  const call = async () => {
    const answer = await pool.fetch('/');
    await answer.text();
    return answer.status;
  };
  return { pool, trips, state, remainingMs, call };
}

it('a trip in one instance stops the others, for as long, and those who come later', async () => {
  const redis = await startRedis();
  const backend = await startBackend(refuses(60));
  const first = await startInstance(redis, backend);
  const second = await startInstance(redis, backend);
  expect(await first.call()).toBe(429);
  await until(() => expect(second.state()).toBe('open'), 1_000);
  expect(second.remainingMs()).toBeGreaterThan(50_000);
  expect(second.trips).toEqual([{ backend: 'a', statusCode: 429, durationMs: 60_000 }]);
  expect(await second.call()).toBe(429);
  expect(backend.received).toHaveLength(1);
  const third = await startInstance(redis, backend);
  await until(() => expect(third.state()).toBe('open'), 1_000);
  expect(third.remainingMs()).toBeGreaterThan(50_000);
  const counted = [first, second].map(({ pool }) => pool.status().backends[0]?.breaker?.trips);
  expect(counted).toEqual([1, 0]);
});

it('a trip without an answer is told with its reason in all of them', async () => {
  const redis = await startRedis();
  const backend = await startBackend((_request, response) => void response.destroy());
  const first = await startInstance(redis, backend);
  const second = await startInstance(redis, backend);
  expect(await first.call()).toBe(502);
  await until(() => expect(second.state()).toBe('open'), 1_000);
  const third = await startInstance(redis, backend);
  await until(() => expect(third.state()).toBe('open'), 1_000);
  const told = { backend: 'a', statusCode: undefined, reason: 'UND_ERR_SOCKET' };
  for (const { trips } of [first, second, third]) {
    expect(trips).toEqual([{ ...told, durationMs: expect.any(Number) }]);
  }
});

it('one trial is made for all, whose success opens the way for all', async () => {
  const redis = await startRedis();
  const backend = await startBackend(refuses());
  const instances = await Promise.all([1, 2, 3].map(() => startInstance(redis, backend)));
  const [first] = instances;
  await first?.call();
  await until(() => {
    for (const { state } of instances) expect(state()).toBe('open');
  });
  const held: (() => void)[] = [];
  backend.answer = (...exchange) => void held.push(() => answers(200)(...exchange));
  const before = backend.received.length;
  await until(() => {
    expect(instances.filter(({ state }) => state() === 'half-open')).not.toEqual([]);
  });
  const calls: Promise<number>[] = [];
  await until(() => {
    for (const { call } of instances) calls.push(call());
    expect(backend.received.length).toBe(before + 1);
  });
  // For longer than the trial is anybody's without being renewed.
  const longer = performance.now() + 1_500;
  await until(async () => {
    for (const { call } of instances) calls.push(call());
    expect(performance.now()).toBeGreaterThan(longer);
  });
  expect(backend.received.length).toBe(before + 1);
  for (const answer of held) answer();
  await until(() => {
    for (const { state } of instances) expect(state()).toBe('closed');
  });
  backend.answer = answers(200);
  for (const { call } of instances) expect(await call()).toBe(200);
  await Promise.all(calls);
});

it('one that is tripped and closed by hand is so in all instances, those too that come later', async () => {
  const redis = await startRedis();
  const backend = await startBackend();
  const [first, second] = [
    await startInstance(redis, backend),
    await startInstance(redis, backend),
  ];
  first.pool.breaker('a').trip({ durationMs: 60_000 });
  await until(() => expect(second.state()).toBe('open'), 1_000);
  second.pool.breaker('a').close();
  await until(() => expect(first.state()).toBe('closed'), 1_000);
  const third = await startInstance(redis, backend);
  expect(await third.call()).toBe(200);
  expect([first, second, third].map(({ state }) => state())).toEqual([
    'closed',
    'closed',
    'closed',
  ]);
});

it('an instance without requests leaves the trial to the others', async () => {
  const redis = await startRedis();
  const backend = await startBackend(refuses());
  const instances = await Promise.all([1, 2, 3].map(() => startInstance(redis, backend)));
  const last = instances[2];
  if (last === undefined) throw new Error('three were started');
  await last.call();
  backend.answer = answers(200);
  await until(async () => expect(await last.call()).toBe(200), 10_000);
  await until(() => {
    for (const { state } of instances) expect(state()).toBe('closed');
  });
});

it('without Redis each instance trips and tries by itself', async () => {
  const redis = await startRedis();
  const proxy = await startProxy(redis.port);
  const backend = await startBackend(refuses());
  const instances = await Promise.all([1, 2].map(() => startInstance(proxy, backend)));
  proxy.down();
  for (const { call, state } of instances) {
    await call();
    expect(state()).toBe('open');
  }
  backend.answer = answers(200);
  for (const { call } of instances) await until(async () => expect(await call()).toBe(200));
});
