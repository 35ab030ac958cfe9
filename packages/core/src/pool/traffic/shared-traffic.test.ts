import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { givenCoordinator } from '@spillway/test/support/given-slots.ts';
import { scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { expect, it } from 'vitest';

function setUp() {
  const { coordinator, published, apply } = givenCoordinator();
  const clock = new FakeClock();
  const backends = [{ id: 'stable' }, { id: 'canary', weight: 0 }];
  const pool = scriptedPool({ backends }, clock, undefined, coordinator);
  const shares = () =>
    Object.fromEntries(pool.status().backends.map(({ id, weight }) => [id, weight]));
  return { pool, published, apply, shares };
}

it('tells the others what is changed here, each step of a rollout, too', async () => {
  const { pool, published } = setUp();
  const compare = () => true;
  const next = { id: 'next', url: 'https://next.test' };
  pool.setTraffic({ stable: 0.9, canary: 0.1 });
  pool.setShadow('canary', 0.5, { methods: 'all', compare });
  pool.add(next);
  pool.add({ id: 'own', handler: () => {} });
  pool.rollout({ to: 'next', steps: [0.5], intervalMs: 1_000 });
  await pool.remove('stable', { drain: true });
  expect(published).toEqual([
    { kind: 'shares', priority: 1, shares: { stable: 0.9, canary: 0.1 } },
    { kind: 'shadow', id: 'canary', proportion: 0.5, methods: 'all' },
    { kind: 'added', id: 'next', options: next },
    { kind: 'shares', priority: 1, shares: { stable: 0.45, canary: 0.05, next: 0.5, own: 0 } },
    { kind: 'removed', id: 'stable', drain: true, timeoutMs: 30_000 },
  ]);
});

it('tells nobody of what was impossible', async () => {
  const { pool, published } = setUp();
  expect(() => pool.setTraffic({ stable: 2 })).toThrow();
  expect(() => pool.setShadow('nobody', 1)).toThrow();
  expect(() => pool.add({ id: 'stable', url: 'https://again.test' })).toThrow();
  await expect(pool.remove('nobody')).rejects.toThrow();
  expect(published).toEqual([]);
});

it('makes the changes of others without telling of them again', () => {
  const { pool, published, apply, shares } = setUp();
  apply({ kind: 'added', id: 'next', options: { id: 'next', url: 'https://next.test' } });
  apply({ kind: 'added', id: 'next', options: { id: 'next', url: 'https://next.test' } });
  apply({ kind: 'shares', priority: 1, shares: { stable: 0, canary: 0.5, next: 0.5 } });
  apply({ kind: 'shadow', id: 'stable', proportion: 1, methods: 'safe' });
  apply({ kind: 'removed', id: 'canary', drain: false, timeoutMs: 1 });
  expect(shares()).toMatchObject({ stable: 0, next: 0.5 });
  expect(pool.status().shadows).toMatchObject([{ backend: 'stable', proportion: 1 }]);
  expect(published).toEqual([]);
  expect(() => apply({ kind: 'shares', priority: 1, shares: { other: 1 } })).toThrow('other');
});

it('gives up a rollout of its own when another instance sets the shares', () => {
  const { pool, apply, shares } = setUp();
  const rollout = pool.rollout({ to: 'canary', steps: [0.5, 1], intervalMs: 1_000 });
  apply({ kind: 'shares', priority: 1, shares: { stable: 1, canary: 0 } });
  expect(rollout.state).toBe('superseded');
  expect(shares()).toEqual({ stable: 1, canary: 0 });
});
