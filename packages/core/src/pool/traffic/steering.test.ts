import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, ConflictError } from '../../errors.ts';

const breaker = { failureCount: 1 };
const backends = [
  { id: 'stable', breaker },
  { id: 'canary', weight: 0 },
  { id: 'spare', priority: 2 },
];
const rollout = { to: 'canary', steps: [0.1, 1], intervalMs: 1_000 };

describe("a backend's breaker in an operator's hand", () => {
  it('has the pool serve from elsewhere until it is closed again', () => {
    const pool = scriptedPool({ backends });
    const told: unknown[] = [];
    pool.on('trip', (trip) => told.push(trip));
    pool.on('recover', (recovery) => told.push(recovery));
    pool.breaker('stable').trip({ durationMs: 5_000 });
    expect(new ScriptedSubmission(pool).play200()).toBe('spare');
    pool.breaker('stable').close();
    expect(new ScriptedSubmission(pool).play200()).toBe('stable');
    expect(told).toEqual([
      { backend: 'stable', statusCode: undefined, durationMs: 5_000 },
      { backend: 'stable' },
    ]);
  });

  it('is not to be had of a backend that has none, or that there is not', () => {
    const pool = scriptedPool({ backends });
    expect(() => pool.breaker('canary')).toThrow(
      'pool(chat).breaker must name a backend that has a breaker, got "canary"',
    );
    expect(() => pool.breaker('other')).toThrow('must name a backend of this pool, got "other"');
  });
});

describe('a dry run', () => {
  it('says what every share of the level would be, and changes none', () => {
    const pool = scriptedPool({ backends });
    const before = pool.status();
    expect(pool.dryRun.setTraffic({ canary: 1 })).toEqual({ stable: 0, canary: 1 });
    pool.dryRun.setShadow('canary', 0.5);
    pool.dryRun.remove('spare', { drain: true });
    expect(pool.dryRun.rollout(rollout)).toMatchObject({
      ...rollout,
      abort: { failureRatio: 0.05, minimumRequests: 20 },
    });
    expect(pool.status()).toEqual(before);
    expect(pool.rollouts).toEqual([]);
  });

  it.each<
    [
      what: string,
      change: (
        pool: Pick<ReturnType<typeof scriptedPool>, 'setTraffic' | 'setShadow' | 'rollout'>,
      ) => void,
    ]
  >([
    ['an unknown backend', (pool) => pool.setTraffic({ other: 1 })],
    ['shares that do not sum to 1', (pool) => pool.setTraffic({ stable: 0.4, canary: 0.4 })],
    ['a proportion above 1', (pool) => pool.setShadow('canary', 2)],
    [
      'an option that there is not',
      (pool) => pool.setShadow('canary', 1, { method: 'all' } as never),
    ],
    ['a rollout without steps', (pool) => void pool.rollout({ ...rollout, steps: [] })],
    ['a rollout to nowhere', (pool) => void pool.rollout({ ...rollout, to: 'other' })],
    [
      'a rollout of a level that has no traffic',
      (pool) => void pool.rollout({ ...rollout, to: 'spare' }),
    ],
  ])('refuses %s as the change itself does', (_what, change) => {
    const pool = scriptedPool({ backends });
    const errorOf = (target: object) => {
      try {
        change(target as typeof pool);
      } catch (error) {
        return error as Error;
      }
      throw new Error('was not refused');
    };
    const dry = errorOf(pool.dryRun);
    expect(dry).toBeInstanceOf(ConfigurationError);
    expect(dry.message).toBe(errorOf(pool).message);
  });

  it('tells what is wrong from what is not possible now', async () => {
    const pool = scriptedPool({ backends: backends.slice(0, 2) }, new FakeClock());
    expect(() => pool.dryRun.rollout({ ...rollout, to: 'other' })).not.toThrow(ConflictError);
    expect(() => pool.dryRun.remove('stable')).toThrow(ConflictError);
    await expect(pool.remove('stable')).rejects.toThrow(ConflictError);
    pool.rollout(rollout);
    expect(() => pool.dryRun.rollout(rollout)).toThrow(ConflictError);
    expect(() => pool.rollout(rollout)).toThrow('must wait for the end of the rollout to "canary"');
  });
});

it('gives the rollouts that are under way', () => {
  const pool = scriptedPool({ backends }, new FakeClock());
  const begun = pool.rollout(rollout);
  expect(pool.rollouts).toEqual([begun]);
  begun.abort();
  expect(pool.rollouts).toEqual([]);
});

it('tells of shadows, and remembers how their answers are compared', () => {
  const pool = scriptedPool({ backends });
  const told: unknown[] = [];
  pool.on('shadow', (setting) => told.push(setting));
  const compare = () => true;
  expect(pool.shadow('canary')).toBeUndefined();
  pool.setShadow('canary', 0.5, { methods: 'all', compare });
  pool.setShadow('canary', 0, { compare });
  expect(told).toEqual([
    { backend: 'canary', proportion: 0.5, methods: 'all' },
    { backend: 'canary', proportion: 0, methods: 'safe' },
  ]);
  expect(pool.shadows).toEqual([]);
  expect(pool.shadow('canary')?.compare).toBe(compare);
});
