import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import {
  pathOf,
  payg,
  ptu,
  ScriptedSubmission,
  scriptedPool,
} from '@spillway/test/support/scripted-submission.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pool } from './pool.ts';

describe('levels', () => {
  it('use the lowest priority number first, whatever the order they are written in', () => {
    const backends = [
      { id: 'last', priority: 7 },
      { id: 'first', priority: -1 },
      { id: 'middle', priority: 0 },
    ];
    const pool = scriptedPool({ backends });
    expect(pathOf(pool, { first: 429, middle: 429, last: 200 })).toEqual([
      'first',
      'middle',
      'last',
    ]);
  });

  it('spill over on 429, then past the tripped level, and come back when it recovers', () => {
    const clock = new FakeClock();
    const pool = scriptedPool({ backends: [ptu, payg] }, clock);
    const throttled = { ptu: { status: 429, headers: { 'retry-after': '5' } }, payg: 200 };
    for (let request = 0; request < 3; request++) {
      expect(pathOf(pool, throttled)).toEqual(['ptu', 'payg']);
    }
    expect(pathOf(pool, { payg: 200 })).toEqual(['payg']);
    clock.advance(5_000);
    expect(pathOf(pool, { ptu: 200 })).toEqual(['ptu']);
    expect(pathOf(pool, { ptu: 200 })).toEqual(['ptu']);
  });

  it('send one trial to a backend that may have recovered, and the rest further down', () => {
    const clock = new FakeClock();
    const pool = scriptedPool(
      { backends: [{ ...ptu, breaker: { failureCount: 1, tripDurationMs: 1_000 } }, payg] },
      clock,
    );
    pathOf(pool, { ptu: 429, payg: 200 });
    clock.advance(1_000);
    const trial = new ScriptedSubmission(pool);
    trial.begin();
    expect(trial.path).toEqual(['ptu']);
    expect(pathOf(pool, { payg: 200 })).toEqual(['payg']);
    trial.head(200);
    expect(pathOf(pool, { ptu: 200 })).toEqual(['ptu']);
  });

  it('give nothing to a backend without weight, even when all others are gone', () => {
    const pool = scriptedPool({ backends: [ptu, { id: 'spare', priority: 1, weight: 0 }] });
    for (let request = 0; request < 3; request++)
      expect(pathOf(pool, { ptu: 429 })).toEqual(['ptu']);
    expect(pathOf(pool, {})).toEqual([]);
  });

  it('are within one request of their shares from the last change of availability', () => {
    const weights = fc.array(fc.constantFrom(1, 2, 5, 0.7), { minLength: 2, maxLength: 6 });
    const changes = fc.array(fc.integer({ min: 1, max: 40 }), {
      minLength: 2,
      maxLength: 8,
      size: 'max',
    });
    fc.assert(
      fc.property(weights, changes, (weights, changes) => {
        const pool = scriptedPool({
          backends: [
            { id: 'limited', maxCount: 1 },
            ...weights.map((weight, index) => ({ id: `b${index}`, weight })),
          ],
        });
        const [limited, ...open] = pool.backends;
        const total = open.reduce((sum, { weight }) => sum + weight, 0);
        for (const requests of changes) {
          const occupant = occupy(pool);
          expect(limited?.available).toBe(false);
          const before = open.map(({ running }) => running);
          for (let request = 1; request <= requests; request++) {
            new ScriptedSubmission(pool).begin();
            open.forEach(({ running, weight }, index) => {
              const served = running - (before[index] as number);
              expect(Math.abs(served - (request * weight) / total)).toBeLessThan(1 + 1e-9);
            });
          }
          occupant.reply(200);
        }
      }),
      { numRuns: 200, seed: 51 },
    );

    /** Sends requests until one is at the limited backend. */
    function occupy(pool: Pool): ScriptedSubmission {
      const request = new ScriptedSubmission(pool);
      request.begin();
      return request.path[0] === 'limited' ? request : occupy(pool);
    }
  });
});

describe('affinity', () => {
  const backends = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
  const request = (key: string) => ({ headers: { 'x-serve-shard-key': key } });
  const send = (pool: Pool, key: string, script: Parameters<ScriptedSubmission['play']>[0]) =>
    new ScriptedSubmission(pool, 'POST', request(key)).play(script).path;
  const all = { a: 200, b: 200, c: 200, d: 200 };

  it('keeps a key at its backend, whatever the order they are written in', () => {
    const affinity = { header: 'X-Serve-Shard-Key' };
    const pool = scriptedPool({ backends, affinity });
    const other = scriptedPool({ backends: backends.toReversed(), affinity });
    const homes = new Set<string>();
    for (let key = 0; key < 100; key++) {
      const [home] = send(pool, `${key}`, all);
      expect(send(other, `${key}`, all)).toEqual([home]);
      homes.add(home as string);
    }
    expect([...homes].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('moves a key to its next choice while its backend is tripped, and back', () => {
    const clock = new FakeClock();
    const breaker = { failureCount: 1, tripDurationMs: 1_000 };
    const pool = scriptedPool(
      { backends, affinity: { header: 'x-serve-shard-key' }, breaker },
      clock,
    );
    const [home] = send(pool, 'tenant', all) as [string];
    const [, next] = send(pool, 'tenant', { ...all, [home]: 429 });
    expect(next).not.toBe(home);
    expect(send(pool, 'tenant', all)).toEqual([next]);
    clock.advance(1_000);
    expect(send(pool, 'tenant', all)).toEqual([home]);
  });

  it('balances a request without a key like any other', () => {
    const pool = scriptedPool({ backends, affinity: { header: 'x-serve-shard-key' } });
    const paths = Array.from({ length: 4 }, () => send(pool, '', all)[0]);
    expect(paths.sort()).toEqual(['a', 'b', 'c', 'd']);
  });
});
