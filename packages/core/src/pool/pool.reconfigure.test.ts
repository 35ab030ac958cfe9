import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { givenCoordinator } from '@spillway/test/support/given-slots.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { describe, expect, it } from 'vitest';
import type { BackendOptions, PoolOptions } from './options.ts';
import type { Pool } from './pool.ts';

const backend = (id: string, more: Partial<BackendOptions> = {}): BackendOptions => ({
  id,
  url: `https://${id}.test`,
  ...more,
});
const poolOf = (backends: readonly BackendOptions[], options: Partial<PoolOptions> = {}) => ({
  backends,
  ...options,
});

function begin(pool: Pool): ScriptedSubmission {
  const submission = new ScriptedSubmission(pool);
  submission.begin();
  return submission;
}

function served(pool: Pool, requests: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < requests; index++) {
    const id = new ScriptedSubmission(pool).play200();
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

const weights = (pool: Pool) =>
  Object.fromEntries(pool.status().backends.map(({ id, weight }) => [id, weight]));

describe('backends', () => {
  it('join, leave when they are idle, and share exactly as the options say from then on', () => {
    const pool = scriptedPool(poolOf([backend('a'), backend('b')]));
    const atB = [begin(pool), begin(pool)].find(({ path }) => path[0] === 'b');
    pool.reconfigure(poolOf([backend('a', { weight: 3 }), backend('c')]));
    expect(served(pool, 40)).toEqual({ a: 30, c: 10 });
    expect(pool.status().backends.map(({ id, draining }) => [id, draining])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
    ]);
    atB?.reply(200);
    expect(atB?.answer).toBe(200);
    expect(pool.backends.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('that leave are cut off when their time is up', async () => {
    const clock = new FakeClock();
    const pool = scriptedPool(poolOf([backend('a'), backend('b', { priority: 2 })]), clock);
    begin(pool);
    pool.reconfigure(poolOf([backend('b', { priority: 2 })]), { drainTimeoutMs: 500 });
    clock.advance(499);
    expect(pool.backends.map(({ id }) => id)).toEqual(['a', 'b']);
    clock.advance(1);
    expect(pool.backends.map(({ id }) => id)).toEqual(['b']);
  });

  it('that come back while they drain go on as before', async () => {
    const clock = new FakeClock();
    const both = poolOf([backend('a'), backend('b', { priority: 2 })]);
    const pool = scriptedPool(both, clock);
    const [a] = pool.backends;
    const request = begin(pool);
    const removed = pool.remove('a', { drain: true });
    pool.reconfigure(poolOf([backend('b', { priority: 2 })]));
    pool.reconfigure(both);
    await removed;
    request.reply(200);
    clock.advance(60_000);
    expect(pool.backends[0]).toBe(a);
    expect(served(pool, 3)).toEqual({ a: 3 });
    expect(a?.outcomes().get('success')).toBe(4);
  });

  it('keep their counters, trips and connections when something else of them changes', () => {
    const breaker = { failureCount: 1, tripDurationMs: 5_000 };
    const pool = scriptedPool(poolOf([backend('a', { breaker }), backend('b', { priority: 2 })]));
    const [a] = pool.backends;
    new ScriptedSubmission(pool).play({ a: 500, b: 200 });
    pool.reconfigure(
      poolOf([
        backend('a', { breaker: { ...breaker, failureCount: 2 }, headers: { 'api-key': 'new' } }),
        backend('b', { priority: 2 }),
      ]),
    );
    expect(pool.backends[0]).toBe(a);
    expect(a?.config.headers).toEqual({ 'api-key': 'new' });
    expect(a?.status()).toMatchObject({ breaker: { state: 'open', trips: 1 }, available: false });
  });

  it('with another URL are free of what was known of the old one', () => {
    const breaker = { failureCount: 1, tripDurationMs: 5_000 };
    const clock = new FakeClock();
    const pool = scriptedPool(poolOf([backend('a', { breaker })]), clock);
    const old = begin(pool);
    begin(pool).fail('connect_error');
    pool.reconfigure(poolOf([backend('a', { breaker, url: 'https://elsewhere.test' })]));
    expect(pool.status().backends[0]).toMatchObject({
      url: 'https://elsewhere.test/',
      available: true,
      breaker: { state: 'closed', trips: 1 },
    });
    old.fail('reset');
    expect(pool.backends[0]?.available).toBe(true);
  });

  it('have a breaker, or none any more, for attempts that begin from then on', () => {
    const breaker = { failureCount: 1, tripDurationMs: 5_000 };
    const pool = scriptedPool(poolOf([backend('a')]));
    const before = [begin(pool), begin(pool)];
    pool.reconfigure(poolOf([backend('a', { breaker })]));
    before[0]?.reply(500);
    before[1]?.fail('reset');
    expect(pool.backends[0]?.breaker?.state).toBe('closed');
    const during = begin(pool);
    begin(pool).reply(500);
    expect(begin(pool).problem?.code).toBe('no_backend');
    pool.reconfigure(poolOf([backend('a')]));
    during.reply(500);
    expect(pool.status().backends[0]).toMatchObject({ available: true, running: 0 });
    expect(pool.status().backends[0]).not.toHaveProperty('breaker');
  });

  it('get no new request above a lower maxCount, and serve who waits under a higher one', () => {
    const queue = { maxQueueLength: 5 };
    const pool = scriptedPool(poolOf([backend('a', { maxCount: 3 })], { queue }));
    const running = [begin(pool), begin(pool), begin(pool)];
    pool.reconfigure(poolOf([backend('a', { maxCount: 1 })], { queue }));
    const waiting = [begin(pool), begin(pool)];
    running[0]?.reply(200);
    running[1]?.reply(200);
    expect(waiting.map(({ waits }) => waits)).toEqual([true, true]);
    pool.reconfigure(poolOf([backend('a', { maxCount: 3 })], { queue }));
    expect(waiting.map(({ waits }) => waits)).toEqual([false, false]);
    expect(pool.backends[0]).toMatchObject({ running: 3, available: false });
  });

  it.each([
    ['given one', undefined, 5],
    ['left without one', 5, undefined],
  ])(
    'make the pool one with limits, or without, when a maxCount is all that changes: %s',
    (_how, before, after) => {
      const pool = scriptedPool(poolOf([backend('a', { maxCount: before })]));
      expect(pool.hasLimits).toBe(before !== undefined);
      pool.reconfigure(poolOf([backend('a', { maxCount: after })]));
      expect(pool.hasLimits).toBe(after !== undefined);
    },
  );

  it('move to another level with their weight', () => {
    const pool = scriptedPool(poolOf([backend('a'), backend('b', { priority: 2 })]));
    pool.reconfigure(poolOf([backend('a', { priority: 2 }), backend('b', { priority: 2 })]));
    expect(served(pool, 10)).toEqual({ a: 5, b: 5 });
  });

  it('of the default rule change with it', () => {
    const options = poolOf([backend('a'), backend('b', { breaker: false })]);
    const pool = scriptedPool(options);
    pool.reconfigure({ ...options, breaker: { failureCount: 1 } });
    expect(pool.backends.map(({ breaker }) => breaker?.rule.failureCount)).toEqual([1, undefined]);
    pool.add(backend('c'));
    expect(pool.backends[2]?.breaker?.rule.failureCount).toBe(1);
  });
});

describe('shares', () => {
  const ninety = [backend('a', { weight: 90 }), backend('b', { weight: 10 })];

  it('that were set by hand stay while the weights in the options do', () => {
    const pool = scriptedPool(poolOf(ninety));
    pool.setTraffic({ a: 0.5, b: 0.5 });
    const [a, b] = ninety as [BackendOptions, BackendOptions];
    const candidate = backend('c', { weight: 0 });
    pool.reconfigure(poolOf([{ ...a, headers: { x: '1' } }, b, candidate], { apdexMs: 9 }));
    expect(weights(pool)).toEqual({ a: 0.5, b: 0.5, c: 0 });
    pool.reconfigure(poolOf([a, { ...b, weight: 11 }]));
    expect(weights(pool)).toEqual({ a: 90, b: 11 });
  });

  it('of a rollout go on until the weights in the options change', () => {
    const pool = scriptedPool(poolOf(ninety));
    const reasons: string[] = [];
    const rollout = pool.rollout({ to: 'b', steps: [0.5, 1], intervalMs: 1_000 });
    pool.on('rollout', ({ reason }) => reasons.push(reason));
    pool.reconfigure(poolOf(ninety, { balance: 'random' }));
    expect(rollout.state).toBe('running');
    pool.reconfigure(poolOf([backend('a', { weight: 1 }), backend('b', { weight: 3 })]));
    expect([rollout.state, reasons]).toEqual(['superseded', ['the options were changed']]);
    expect(weights(pool)).toEqual({ a: 1, b: 3 });
  });

  it('are those of the options where none would be left', () => {
    const pool = scriptedPool(poolOf(ninety));
    pool.setTraffic({ a: 1 });
    pool.reconfigure(poolOf(ninety.slice(1)));
    expect(served(pool, 2)).toEqual({ b: 2 });
  });

  it('are those of the options where none would be left in a level, be there others below', () => {
    const spare = backend('spare', { priority: 2 });
    const pool = scriptedPool(poolOf([...ninety, spare]));
    pool.setTraffic({ b: 1 });
    pool.reconfigure(poolOf([backend('a', { weight: 90 }), spare]));
    expect(served(pool, 2)).toEqual({ a: 2 });
  });

  it('of a rollout are over when one that had a share moves to another level', () => {
    const clock = new FakeClock();
    const [b, spare] = [backend('b'), backend('spare', { priority: 2, weight: 1_000 })];
    const pool = scriptedPool(poolOf([backend('a', { weight: 9 }), b, spare]), clock);
    const abort = { minimumRequests: 1 };
    const rollout = pool.rollout({ to: 'b', steps: [0.1, 0.5], intervalMs: 1_000, abort });
    pool.reconfigure(poolOf([backend('a', { weight: 9, priority: 2 }), b, spare]));
    served(pool, 2);
    clock.advance(1_000);
    expect(rollout.state).toBe('superseded');
    expect(weights(pool)).toEqual({ a: 9, b: 0.1, spare: 1_000 });
  });

  it('are what instances that share them begin with', () => {
    const { coordinator, published } = givenCoordinator();
    const pool = scriptedPool(poolOf(ninety), undefined, undefined, coordinator);
    pool.reconfigure(poolOf([backend('a'), backend('b', { weight: 3 })]));
    expect(published).toEqual([{ kind: 'shares', priority: 1, shares: { a: 0.25, b: 0.75 } }]);
  });
});

describe('what was done by hand', () => {
  it('stays: a backend that was added, one that was removed', async () => {
    const pool = scriptedPool(poolOf([backend('a'), backend('b')]));
    pool.add(backend('extra'));
    await pool.remove('b');
    pool.reconfigure(poolOf([backend('a', { maxCount: 9 }), backend('b')]));
    expect(pool.backends.map(({ id }) => id)).toEqual(['a', 'extra']);
    pool.reconfigure(poolOf([backend('a'), backend('b', { maxCount: 9 })]));
    expect(pool.backends.map(({ id }) => id)).toEqual(['a', 'extra', 'b']);
    pool.reconfigure(poolOf([backend('a'), backend('b'), backend('extra', { maxCount: 2 })]));
    expect(pool.backends[1]?.config.maxCount).toBe(2);
  });

  const three = ['a', 'b', 'c'].map((id) => backend(id, { weight: 10 }));
  const [a, b, c] = three as [BackendOptions, BackendOptions, BackendOptions];
  const withOther = poolOf([a, b, { ...c, headers: { x: '1' } }]);

  it('is over where a backend that was removed comes back: shares are those of the options', async () => {
    const pool = scriptedPool(poolOf(three));
    await pool.remove('c');
    pool.setTraffic({ a: 0.9, b: 0.1 });
    pool.reconfigure(poolOf(three));
    expect(weights(pool)).toEqual({ a: 0.9, b: 0.1 });
    pool.reconfigure(withOther);
    expect(served(pool, 30)).toEqual({ a: 10, b: 10, c: 10 });
  });

  it('is over for one that still drains, which gets requests again when it comes back', () => {
    const pool = scriptedPool(poolOf(three));
    const requests = three.map(() => begin(pool));
    void pool.remove('c', { drain: true });
    pool.setTraffic({ a: 0.9, b: 0.1 });
    pool.reconfigure(withOther);
    expect(served(pool, 30)).toEqual({ a: 10, b: 10, c: 10 });
    for (const request of requests) request.reply(200);
    expect(pool.backends).toHaveLength(3);
  });

  it('is a shadow, which keeps what it has counted and follows the rule of its backend', () => {
    const pool = scriptedPool(poolOf([backend('a'), backend('b', { weight: 0 })]));
    pool.setShadow('b', 1);
    const [shadow] = pool.shadows;
    shadow?.drop();
    pool.reconfigure(
      poolOf([backend('a'), backend('b', { weight: 0, breaker: { failureCount: 7 } })]),
    );
    expect(pool.shadows[0]).toBe(shadow);
    expect(shadow?.breaker?.rule.failureCount).toBe(7);
    expect(shadow?.counts().get('dropped')).toBe(1);
    pool.reconfigure(poolOf([backend('a')]));
    expect(pool.shadows).toEqual([]);
  });
});

it('binds keys by another affinity', () => {
  const options = poolOf([backend('a'), backend('b')]);
  const pool = scriptedPool(options);
  const headers = { 'x-key': 'one' };
  const asked = () =>
    new Set(
      Array.from({ length: 6 }, () => new ScriptedSubmission(pool, 'GET', { headers }).play200()),
    );
  expect(asked().size).toBe(2);
  pool.reconfigure({ ...options, affinity: { header: 'x-key' } });
  expect(asked().size).toBe(1);
});

describe('a queue', () => {
  const one = [backend('a', { maxCount: 1 })];

  it('comes, and goes when the last of those who wait has been served', () => {
    const pool = scriptedPool(poolOf(one));
    const running = begin(pool);
    expect(begin(pool).problem?.code).toBe('no_backend');
    pool.reconfigure(poolOf(one, { queue: { maxQueueLength: 2 } }));
    const waiting = begin(pool);
    pool.reconfigure(poolOf(one));
    expect(begin(pool).problem?.code).toBe('queue_full');
    running.reply(200);
    waiting.reply(200);
    expect(waiting.answer).toBe(200);
    begin(pool);
    expect(begin(pool).problem?.code).toBe('no_backend');
  });

  it('that is given less time gives it to those who wait, too', () => {
    const clock = new FakeClock();
    const pool = scriptedPool(poolOf(one, { queue: { maxQueueLength: 2 } }), clock);
    begin(pool);
    const waiting = begin(pool);
    pool.reconfigure(poolOf(one, { queue: { maxQueueLength: 2, timeoutMs: 100 } }));
    clock.advance(100);
    expect(waiting.problem?.code).toBe('queue_timeout');
  });
});

it('lets a request that is under way end by the rule of re-submission that it came with', () => {
  const options = poolOf([backend('a'), backend('b', { priority: 2 })]);
  const pool = scriptedPool(options);
  const request = begin(pool);
  const other = begin(pool);
  pool.reconfigure({ ...options, retry: { statusCodes: [503], maxAttempts: 1 } });
  other.reply(429);
  expect(other.path).toEqual(['a', 'b']);
  request.reply(429);
  expect(request.path).toEqual(['a', 'b']);
  const next = begin(pool);
  next.reply(429);
  expect(next.answer).toBe(429);
});

it('tells and serves when the whole change is made', () => {
  const queue = { maxQueueLength: 5 };
  const pool = scriptedPool(poolOf([backend('a', { maxCount: 1 })], { queue }));
  begin(pool);
  const waiting = begin(pool);
  const seen: unknown[] = [];
  pool.on('traffic', ({ shares }) => seen.push(shares, pool.config.apdexMs));
  const change = pool.plan(
    poolOf([backend('a', { maxCount: 2 }), backend('b', { weight: 4 })], { queue, apdexMs: 7 }),
  );
  change.apply();
  expect([seen, waiting.waits]).toEqual([[], true]);
  change.settle();
  expect([seen, waiting.waits]).toEqual([[{ a: 1, b: 4 }, 7], false]);
});

it('tells and serves where a coordinator fails to tell the others', () => {
  const given = givenCoordinator().coordinator;
  const coordinator = {
    ...given,
    traffic: () => ({
      publish() {
        throw new Error('no way out');
      },
      close() {},
    }),
  };
  const queue = { maxQueueLength: 5 };
  const options = poolOf([backend('a', { breaker: { failureCount: 1 } })], { queue });
  const pool = scriptedPool(options, undefined, undefined, coordinator);
  const trips: string[] = [];
  pool.on('trip', (trip) => trips.push(trip.backend));
  const both = poolOf([...options.backends, backend('b')], { queue });
  expect(() => pool.reconfigure(both)).toThrow('no way out');
  pool.breaker('a').trip({ durationMs: 1_000 });
  expect([trips, served(pool, 1)]).toEqual([['a'], { b: 1 }]);
});

describe('what is refused leaves everything as it was', () => {
  const options = poolOf([backend('a'), { id: 'local', handler: () => {}, priority: 2 }]);
  const refused: [what: string, options: unknown, message: string][] = [
    [
      'a wrong option',
      poolOf([backend('a', { weight: -1 })]),
      'pool(chat).backends[0].weight must be a finite number of at least 0, got -1',
    ],
    [
      'a handler in the place of a URL',
      poolOf([backend('c'), { id: 'a', handler: () => {} }]),
      'pool(chat).backends[1].handler cannot change while the service runs from a URL to a handler',
    ],
    [
      'another handler',
      poolOf([{ id: 'local', handler: () => {} }]),
      'pool(chat).backends[0].handler cannot change while the service runs',
    ],
  ];

  it.each(refused)('%s', (_what, wrong, message) => {
    const pool = scriptedPool(options as never);
    const before = pool.status();
    expect(() => pool.reconfigure(wrong as PoolOptions)).toThrow(message);
    expect(pool.status()).toEqual(before);
  });

  it('options of which no backend is left that has a share', async () => {
    const pool = scriptedPool(poolOf([backend('a'), backend('b')]));
    await pool.remove('b');
    expect(() => pool.reconfigure(poolOf([backend('b')]))).toThrow(
      'pool(chat).backends must leave the pool a backend that has a share',
    );
    expect(served(pool, 1)).toEqual({ a: 1 });
  });

  it('a limit that instances share', () => {
    const { coordinator } = givenCoordinator();
    const pool = scriptedPool(poolOf([backend('a')]), undefined, undefined, coordinator);
    expect(() => pool.reconfigure(poolOf([backend('a', { maxCount: 3 })]))).toThrow(
      'pool(chat).backends[0].maxCount cannot change while the service runs: instances share it',
    );
  });
});
