import { setTimeout as after } from 'node:timers/promises';
import { until } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { Callers, startInstance, startWork } from './instances.ts';
import { startRedis } from './start-redis.ts';

const maxCount = 20;

async function fourInstances() {
  const redis = await startRedis();
  const work = await startWork(20);
  const options = {
    redis: { url: redis.url },
    backend: work.url,
    limit: { maxCount, maxQueueLength: 200 },
  };
  const instances = await Promise.all([1, 2, 3, 4].map(() => startInstance(options)));
  return { redis, work, instances, options };
}

it('a limit of 20 holds for four processes with 400 callers, each with its share', async () => {
  const { redis, work, instances } = await fourInstances();
  const callers = new Callers();
  for (const { origin } of instances) callers.call(origin, 100);
  await until(() => expect(work.atOnce).toBe(maxCount), 10_000);
  await after(1_500);
  const [commands, served] = [await redis.commandsReceived(), work.servedInAll];
  const before = instances.map(({ pid }) => work.served.get(String(pid)) ?? 0);
  await after(4_000);
  const requests = work.servedInAll - served;
  const roundTrips = ((await redis.commandsReceived()) - commands) / requests;
  const shares = instances.map(
    ({ pid }, index) => ((work.served.get(String(pid)) ?? 0) - (before[index] ?? 0)) / requests,
  );
  await callers.stop();
  expect(work.most).toBe(maxCount);
  expect([...callers.statuses.keys()]).toEqual([200]);
  for (const share of shares) expect(share).toBeGreaterThan(0.125);
  expect(roundTrips).toBeLessThan(0.1);
});

it('an instance that comes later gets its share of a limit that others use to the full', async () => {
  const redis = await startRedis();
  const work = await startWork(20);
  const options = {
    redis: { url: redis.url },
    backend: work.url,
    limit: { maxCount, maxQueueLength: 200 },
  };
  const first = await startInstance(options);
  const callers = new Callers();
  callers.call(first.origin, 100);
  await until(() => expect(work.runningOf(first.pid)).toBe(maxCount));
  const second = await startInstance(options);
  callers.call(second.origin, 100);
  await until(() => expect(work.runningOf(second.pid)).toBeGreaterThanOrEqual(8));
  await after(500);
  const served = () => [first, second].map(({ pid }) => work.served.get(String(pid)) ?? 0);
  const before = served();
  await after(1_000);
  const [ofFirst = 0, ofSecond = 0] = served().map((count, index) => count - (before[index] ?? 0));
  expect(ofSecond / (ofFirst + ofSecond)).toBeGreaterThan(0.25);
  expect(work.most).toBe(maxCount);
});

it('one slot goes round among four processes', async () => {
  const redis = await startRedis();
  const work = await startWork(5);
  const limit = { maxCount: 1, maxQueueLength: 100 };
  const options = { redis: { url: redis.url }, backend: work.url, limit };
  const instances = await Promise.all([1, 2, 3, 4].map(() => startInstance(options)));
  const callers = new Callers();
  for (const { origin } of instances) callers.call(origin, 10);
  await until(() => {
    for (const { pid } of instances) expect(work.served.get(String(pid))).toBeGreaterThan(20);
  }, 15_000);
  expect(work.most).toBe(1);
});

it('without a queue a request is let through while a slot is free, and refused when none is', async () => {
  const redis = await startRedis();
  const work = await startWork(600_000);
  const limit = { maxCount: 4, maxQueueLength: 0 };
  const options = { redis: { url: redis.url }, backend: work.url, limit };
  const instances = await Promise.all([1, 2].map(() => startInstance(options)));
  const callers = new Callers();
  for (const { origin } of instances) callers.call(origin, 2);
  await until(() => expect(work.atOnce).toBe(4));
  const answers = await Promise.all(
    instances.map(async ({ origin }) => (await fetch(`${origin}/work`)).status),
  );
  expect(answers).toEqual([429, 429]);
  expect([...callers.statuses.keys()]).toEqual([]);
});

it('each key has slots of its own, and no more for being asked for in several processes', async () => {
  const redis = await startRedis();
  const work = await startWork(600_000);
  const limit = { maxCount: 2, maxQueueLength: 0 };
  const options = { redis: { url: redis.url }, backend: work.url, limit, keyed: true };
  const instances = await Promise.all([1, 2].map(() => startInstance(options)));
  const statuses: number[] = [];
  for (const key of ['a}b{', 'c d']) {
    for (const { origin } of [...instances, ...instances]) {
      fetch(`${origin}/work`, { headers: { 'x-key': key } }).then(
        ({ status }) => statuses.push(status),
        () => {},
      );
    }
  }
  await until(() => expect(work.atOnce).toBe(4));
  expect((await redis.client().keys('b_*{*}_settings')).sort()).toEqual([
    'b_spillway:{gate:work:a%7Db%7B}_settings',
    'b_spillway:{gate:work:c%20d}_settings',
  ]);
  await until(() => expect(statuses).toEqual([429, 429, 429, 429]));
});

it('the slots of a process that was killed are back within ten seconds, ten times in a row', async () => {
  const redis = await startRedis();
  const work = await startWork(20);
  const options = {
    redis: { url: redis.url },
    backend: work.url,
    limit: { maxCount, maxQueueLength: 200 },
  };
  const survivor = await startInstance(options);
  const callers = new Callers();
  callers.call(survivor.origin, 60);
  for (let round = 0; round < 10; round++) {
    const victim = await startInstance(options);
    callers.call(victim.origin, 60);
    await until(() => expect(work.runningOf(victim.pid)).toBeGreaterThanOrEqual(9), 10_000);
    await victim.kill();
    await until(() => expect(work.runningOf(survivor.pid)).toBe(maxCount), 10_000);
  }
  expect(work.most).toBe(maxCount);
}, 180_000);

it('what an instance has at its shutdown is there for the others at once', async () => {
  const redis = await startRedis();
  const work = await startWork(20);
  const limit = { maxCount: 4, maxQueueLength: 100 };
  const options = { redis: { url: redis.url }, backend: work.url, limit };
  const [leaving, staying] = await Promise.all([1, 2].map(() => startInstance(options)));
  if (leaving === undefined || staying === undefined) throw new Error('two were started');
  const callers = new Callers();
  callers.call(leaving.origin, 10);
  await until(() => expect(work.runningOf(leaving.pid)).toBe(4));
  expect(await leaving.end()).toBe(0);
  callers.call(staying.origin, 10);
  await until(() => expect(work.runningOf(staying.pid)).toBe(4), 1_500);
});

it("a backend's limit holds for three processes, with a queue and without one", async () => {
  const redis = await startRedis();
  const work = await startWork(20);
  const pool = { maxCount, queue: { maxQueueLength: 200 } };
  const options = { redis: { url: redis.url }, backend: work.url };
  const instances = await Promise.all([
    startInstance({ ...options, pool }),
    startInstance({ ...options, pool }),
    startInstance({ ...options, pool: { maxCount } }),
  ]);
  const callers = new Callers();
  for (const { origin } of instances) callers.call(origin, 50);
  await until(() => {
    for (const { pid } of instances) expect(work.runningOf(pid)).toBeGreaterThanOrEqual(5);
    expect(work.most).toBe(maxCount);
  }, 15_000);
  await after(500);
  expect(work.most).toBe(maxCount);
  expect([...callers.statuses.keys()].sort()).toEqual([200, 503]);
});
