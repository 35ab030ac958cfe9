import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../errors.ts';
import type { Pool } from '../pool.ts';
import { hashOf } from '../rendezvous.ts';

const url = 'http://127.0.0.1:9';
const ids = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `b${index}` }));

function counts(pool: Pool, requests: number): Record<string, number> {
  const counted: Record<string, number> = {};
  for (let index = 0; index < requests; index++) {
    const id = new ScriptedSubmission(pool).play200();
    counted[id] = (counted[id] ?? 0) + 1;
  }
  return counted;
}

const weights = (pool: Pool) =>
  Object.fromEntries(pool.status().backends.map(({ id, weight }) => [id, weight]));

describe('setTraffic', () => {
  it('splits 0.98 / 0.01 / 0.01 so that each backend is within one request of its share', () => {
    const pool = scriptedPool({ backends: ids(3) });
    pool.setTraffic({ b0: 0.98, b1: 0.01, b2: 0.01 });
    const counted: Record<string, number> = { b0: 0, b1: 0, b2: 0 };
    for (let request = 1; request <= 10_000; request++) {
      const id = new ScriptedSubmission(pool).play200();
      counted[id] = (counted[id] ?? 0) + 1;
      for (const [backend, share] of Object.entries({ b0: 0.98, b1: 0.01, b2: 0.01 })) {
        expect(Math.abs((counted[backend] ?? 0) - share * request)).toBeLessThan(1.000001);
      }
    }
  });

  it("draws within three sigma with balance 'random'", () => {
    const pool = scriptedPool({ backends: ids(3), balance: 'random' }, undefined, seededRandom(7));
    pool.setTraffic({ b0: 0.98, b1: 0.01, b2: 0.01 });
    const counted = counts(pool, 10_000);
    for (const [id, share] of Object.entries({ b0: 0.98, b1: 0.01, b2: 0.01 })) {
      const sigma = Math.sqrt(10_000 * share * (1 - share));
      expect(Math.abs((counted[id] ?? 0) - 10_000 * share)).toBeLessThan(3 * sigma);
    }
  });

  it('takes effect for the next request, and gives those that are not named nothing', () => {
    const pool = scriptedPool({ backends: ids(3) });
    counts(pool, 10);
    pool.setTraffic({ b1: 1 });
    expect(counts(pool, 50)).toEqual({ b1: 50 });
    expect(weights(pool)).toEqual({ b0: 0, b1: 1, b2: 0 });
    pool.setTraffic({ b0: 0.5, b2: 0.5 });
    expect(counts(pool, 50)).toEqual({ b0: 25, b2: 25 });
  });

  it('leaves other levels as they are', () => {
    const pool = scriptedPool({
      backends: [...ids(2), { id: 'spare', priority: 2, weight: 3 }],
    });
    pool.setTraffic({ b1: 1 });
    expect(weights(pool)).toEqual({ b0: 0, b1: 1, spare: 3 });
  });

  it('brings a level into use that had no weight', () => {
    const pool = scriptedPool({ backends: [{ id: 'b0', weight: 0, priority: 0 }, { id: 'b1' }] });
    expect(counts(pool, 5)).toEqual({ b1: 5 });
    pool.setTraffic({ b0: 1 });
    expect(counts(pool, 5)).toEqual({ b0: 5 });
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 1, /^pool\(chat\)\.setTraffic must be an object of shares/],
    ['null', null, /must be an object/],
    ['an array', [1], /must be an object/],
    ['nothing', {}, /must name at least one backend/],
    ['an unknown id', { b0: 0.5, nobody: 0.5 }, /\["nobody"\] is not a backend of this pool/],
    ['a name of Object.prototype', { toString: 1 }, /\["toString"\] is not a backend/],
    ['a negative share', { b0: -0.5, b1: 1.5 }, /\["b0"\] must be a number from 0 to 1, got -0.5/],
    ['NaN', { b0: Number.NaN, b1: 1 }, /\["b0"\] must be a number from 0 to 1, got NaN/],
    ['a string', { b0: '1' }, /\["b0"\] must be a number from 0 to 1, got "1"/],
    ['too little', { b0: 0.5, b1: 0.49 }, /must sum to 1, got 0.99/],
    ['too much', { b0: 0.5, b1: 0.50002 }, /must sum to 1, got 1.00002/],
    ['two levels', { b0: 0.5, spare: 0.5 }, /\["spare"\] must be of the same priority as "b0"/],
  ])('refuses %s by name, and the old shares stay', (_, shares, message) => {
    const pool = scriptedPool({ backends: [...ids(2), { id: 'spare', priority: 2 }] });
    pool.setTraffic({ b0: 0.25, b1: 0.75 });
    expect(() => pool.setTraffic(shares as Record<string, number>)).toThrow(ConfigurationError);
    expect(() => pool.setTraffic(shares as Record<string, number>)).toThrow(message);
    expect(weights(pool)).toEqual({ b0: 0.25, b1: 0.75, spare: 1 });
    expect(counts(pool, 100)).toEqual({ b0: 25, b1: 75 });
  });

  it.each([0.333333, 0.33333])('takes thirds that are rounded: %f', (third) => {
    const pool = scriptedPool({ backends: ids(3) });
    pool.setTraffic({ b0: third, b1: third, b2: third });
    expect(counts(pool, 300)).toEqual({ b0: 100, b1: 100, b2: 100 });
    pool.setTraffic({ b0: 0.33334, b1: 0.33334, b2: 0.33333 });
  });

  it('moves only the keys that a canary wins', () => {
    const pool = scriptedPool({
      backends: [{ id: 'stable' }, { id: 'canary' }],
      affinity: { header: 'x' },
    });
    const keys = Array.from({ length: 20_000 }, (_, index) => hashOf(`key ${index}`));
    const place = () => keys.map((keyHash) => pool.select({ tried: [], keyHash })?.id);
    pool.setTraffic({ stable: 0.9, canary: 0.1 });
    const before = place();
    pool.setTraffic({ stable: 0.8, canary: 0.2 });
    const after = place();
    const moved = before.filter((id, index) => id !== after[index]).length;
    const out = before.filter((id, index) => id === 'canary' && after[index] !== 'canary').length;
    expect(moved / keys.length).toBeGreaterThan(0.09);
    expect(moved / keys.length).toBeLessThan(0.11);
    expect(out).toBe(0);
  });
});

describe('add', () => {
  it('gives the new backend its weight, with the rule of the pool', () => {
    const pool = scriptedPool({ backends: ids(1), breaker: { failureCount: 1 } });
    pool.add({ id: 'b1', url, weight: 3 });
    expect(counts(pool, 40)).toEqual({ b0: 10, b1: 30 });
    expect(pool.status().backends[1]?.breaker?.state).toBe('closed');
  });

  it('gives it nothing in a level that was shared out, until it is named', () => {
    const pool = scriptedPool({ backends: [...ids(2), { id: 'spare', priority: 2 }] });
    pool.setTraffic({ b0: 0.5, b1: 0.5 });
    pool.add({ id: 'b2', url, weight: 5 });
    expect(counts(pool, 10)).toEqual({ b0: 5, b1: 5 });
    pool.setTraffic({ b2: 1 });
    expect(counts(pool, 10)).toEqual({ b2: 10 });
    pool.add({ id: 'spare2', url, priority: 2 });
    expect(weights(pool)).toMatchObject({ spare: 1, spare2: 1 });
  });

  it.each<[string, object, RegExp]>([
    ['an id that is taken', { id: 'b0', url }, /^pool\(chat\)\.add\.id must be unique .*"b0"$/],
    ['no url', { id: 'x' }, /^pool\(chat\)\.add must have exactly one of 'url' and/],
    ['an unknown option', { id: 'x', url, wieght: 1 }, /wieght is not an option.*'weight'/],
  ])('refuses %s, and nothing changes', (_, options, message) => {
    const pool = scriptedPool({ backends: ids(2) });
    expect(() => pool.add(options as { id: string; url: string })).toThrow(message);
    expect(Object.keys(weights(pool))).toEqual(['b0', 'b1']);
  });

  it.each([
    [5, 6, 1 / 6],
    [5, 4, 1 / 5],
  ])('moves few of 20 000 keys from %i to %i backends', async (from, to, share) => {
    const pool = scriptedPool({ backends: ids(from), affinity: { header: 'x' } });
    const keys = Array.from({ length: 20_000 }, (_, index) => hashOf(`key ${index}`));
    const place = () => keys.map((keyHash) => pool.select({ tried: [], keyHash })?.id);
    const before = place();
    if (to > from) pool.add({ id: `b${from}`, url });
    else await pool.remove('b2');
    const after = place();
    const moved = before.filter((id, index) => id !== after[index]).length;
    expect(moved / keys.length).toBeLessThanOrEqual(share + 0.02);
    for (const [index, id] of before.entries()) {
      if (id === after[index]) continue;
      if (to > from) expect(after[index]).toBe(`b${from}`);
      else expect(id).toBe('b2');
    }
  });
});

describe('remove', () => {
  const running = (pool: Pool) => {
    const submission = new ScriptedSubmission(pool);
    submission.begin();
    return submission;
  };

  it('takes an idle backend out at once', async () => {
    const pool = scriptedPool({ backends: ids(2) });
    await pool.remove('b0');
    expect(weights(pool)).toEqual({ b1: 1 });
    expect(counts(pool, 5)).toEqual({ b1: 5 });
  });

  it('lets a backend that drains finish what it has, and gives it nothing more', async () => {
    const clock = new FakeClock();
    const pool = scriptedPool({ backends: [{ id: 'b0' }, { id: 'b1', priority: 2 }] }, clock);
    const last = running(pool);
    let gone = false;
    const removed = pool.remove('b0', { drain: true }).then(() => {
      gone = true;
    });
    expect(pool.status().backends[0]).toMatchObject({ id: 'b0', draining: true, available: false });
    expect(counts(pool, 5)).toEqual({ b1: 5 });
    await Promise.resolve();
    expect(gone).toBe(false);
    last.reply(200);
    await removed;
    expect(last.answer).toBe(200);
    expect(weights(pool)).toEqual({ b1: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('cuts what is left after timeoutMs, or when it is called again without drain', async () => {
    for (const again of [false, true]) {
      const clock = new FakeClock();
      const pool = scriptedPool({ backends: ids(2) }, clock);
      const held = [running(pool), running(pool)];
      const removed = pool.remove('b0', { drain: true, timeoutMs: 5_000 });
      if (again) void pool.remove('b0');
      else clock.advance(5_000);
      await removed;
      expect(weights(pool)).toEqual({ b1: 1 });
      expect(clock.pendingTimers).toBe(0);
      for (const submission of held) submission.reply(200);
    }
  });

  it('moves a key that was bound to it, and only for as long as it is away', async () => {
    const pool = scriptedPool({ backends: ids(3), affinity: { header: 'x' } });
    const keyHash = hashOf('somebody');
    const home = pool.select({ tried: [], keyHash })?.id ?? '';
    await pool.remove(home);
    expect(pool.select({ tried: [], keyHash })?.id).not.toBe(home);
    pool.add({ id: home, url });
    expect(pool.select({ tried: [], keyHash })?.id).toBe(home);
  });

  it('refuses an unknown id, and to leave the pool empty', async () => {
    const pool = scriptedPool({ backends: ids(2) });
    await expect(pool.remove('nobody')).rejects.toThrow(
      'pool(chat).remove must name a backend of this pool, got "nobody"',
    );
    await expect(pool.remove('b0', { drian: true } as object)).rejects.toThrow("'drain'");
    await pool.remove('b0');
    await expect(pool.remove('b1')).rejects.toThrow('must leave the pool a backend');
  });

  it('refuses to leave the pool only backends that get nothing', async () => {
    const pool = scriptedPool({ backends: [{ id: 'b0' }, { id: 'b1', weight: 0 }] });
    await expect(pool.remove('b0')).rejects.toThrow(
      'pool(chat).remove must leave the pool a backend that has a share, got "b0"',
    );
    expect(counts(pool, 5)).toEqual({ b0: 5 });
    pool.setTraffic({ b1: 1 });
    await pool.remove('b0');
    expect(counts(pool, 5)).toEqual({ b1: 5 });
    expect(weights(pool)).toEqual({ b1: 1 });
  });

  it('cannot be named in the shares while it drains', () => {
    const pool = scriptedPool({ backends: ids(2) });
    running(pool);
    running(pool);
    void pool.remove('b0', { drain: true });
    expect(() => pool.setTraffic({ b0: 0.5, b1: 0.5 })).toThrow('["b0"] is being removed');
  });

  it('resolves when the pool ends first', async () => {
    const pool = scriptedPool({ backends: ids(2) });
    running(pool);
    running(pool);
    const removed = pool.remove('b0', { drain: true });
    pool.dispose();
    await removed;
  });
});

it('tells its listeners of every change', async () => {
  const pool = scriptedPool({ backends: ids(2) });
  const told: unknown[] = [];
  pool.on('traffic', ({ shares }) => told.push(shares));
  pool.setTraffic({ b0: 1 });
  pool.add({ id: 'b2', url });
  await pool.remove('b1');
  expect(told).toEqual([
    { b0: 1, b1: 0 },
    { b0: 1, b1: 0, b2: 0 },
    { b0: 1, b2: 0 },
  ]);
});

it('never chooses a backend that is removed or has no share, whatever changes', async () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), id: fc.integer({ min: 0, max: 5 }) }),
    fc.record({
      kind: fc.constant('remove' as const),
      id: fc.integer({ min: 0, max: 5 }),
      drain: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('share' as const),
      shares: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 }),
    }),
    fc.record({ kind: fc.constant('serve' as const), requests: fc.integer({ min: 1, max: 9 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
      const pool = scriptedPool({ backends: ids(3) });
      const gone = new Set<string>();
      for (const each of changes) {
        const present = pool.status().backends;
        if (each.kind === 'add') {
          const id = `b${each.id}`;
          if (present.some((backend) => backend.id === id)) continue;
          pool.add({ id, url });
          gone.delete(id);
        } else if (each.kind === 'remove') {
          const id = `b${each.id}`;
          if (!present.some((backend) => backend.id === id)) continue;
          const removed = pool.remove(id, { drain: each.drain });
          if (present.some((other) => other.id !== id && other.weight > 0)) {
            await removed;
            gone.add(id);
          } else {
            await expect(removed).rejects.toThrow('must leave the pool a backend that has a share');
          }
        } else if (each.kind === 'share') {
          const parts = present.map(({ id }, index) => [id, each.shares[index] ?? 0] as const);
          const total = parts.reduce((sum, [, part]) => sum + part, 0);
          if (total === 0) continue;
          pool.setTraffic(Object.fromEntries(parts.map(([id, part]) => [id, part / total])));
        } else {
          for (let index = 0; index < each.requests; index++) {
            const backend = pool.select({ tried: [], keyHash: undefined });
            expect(gone).not.toContain(backend?.id);
            expect(backend?.weight).toBeGreaterThan(0);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

it('is not changed once the pool has ended, so that nothing begins which nobody would end', async () => {
  const clock = new FakeClock();
  const backends = ['a', 'b'].map((id) => ({ id, url: `https://${id}.test` }));
  const pool = scriptedPool({ backends }, clock);
  await pool.dispose();
  const rollout = { to: 'b', steps: [1], intervalMs: 1_000 };
  const changes: Record<string, () => void> = {
    add: () => pool.add({ id: 'c', url: 'https://c.test' }),
    setTraffic: () => pool.setTraffic({ a: 1 }),
    setShadow: () => pool.setShadow('b', 0.5),
    rollout: () => pool.rollout(rollout),
    reconfigure: () =>
      pool.reconfigure({ backends: [...backends, { id: 'c', url: 'https://c.test' }] }),
    'dryRun.rollout': () => pool.dryRun.rollout(rollout),
  };
  for (const [name, change] of Object.entries(changes)) {
    expect(change, name).toThrow('cannot be done after shutdown()');
  }
  await pool.remove('b', { drain: true });
  expect([pool.backends.length, clock.pendingTimers]).toEqual([1, 0]);
});
