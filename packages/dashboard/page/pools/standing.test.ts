import type { BackendStatus, PoolStatus } from '@spillway/core';
import { attempts, backendStatus } from '@spillway/test/support/statuses.ts';
import { describe, expect, it } from 'vitest';
import { answersOf, levelsOf, noteworthy, standingOf } from './standing.ts';

const backend = (more: Partial<BackendStatus> = {}) => backendStatus('b', more);
const open = { state: 'open', trips: 1, remainingMs: 5_000 } as const;
const text = (status: BackendStatus, leftMs = 0) =>
  standingOf(status, leftMs).text.replaceAll('\u00a0', ' ');

describe('a backend', () => {
  it('is told to be tripped, and for how long yet', () => {
    expect(text(backend({ available: false, breaker: open }), 4_200)).toBe('tripped, 5 s left');
    expect(text(backend({ available: false, breaker: open }), 0)).toBe('tripped, trial due');
  });

  it('that is being removed is draining, whatever else it is', () => {
    expect(text(backend({ draining: true, available: false, breaker: open }), 9)).toBe('draining');
  });

  it('is full when as many run as may', () => {
    expect(text(backend({ running: 2, maxCount: 2, available: false }))).toBe('full');
    expect(text(backend({ running: 1, maxCount: 2 }))).toBe('available');
  });

  it('has had no answer where there was no connection, a reset or a timeout', () => {
    const counts = attempts({ connect_error: 1, reset: 2, timeout: 4, cancelled: 8 });
    expect(answersOf(backend({ attempts: counts })).none).toBe(7);
  });
});

describe('of many backends', () => {
  const many = Array.from({ length: 100 }, (_, index) =>
    backend({ id: String(index), available: index % 40 !== 39, draining: index === 50 }),
  );
  const ids = (most: number) => noteworthy(many, most).map(({ id }) => id);

  it('those that do not serve are looked at first, in the order of all', () => {
    expect(ids(5)).toEqual(['0', '1', '39', '50', '79']);
    expect(ids(2)).toEqual(['39', '50']);
  });

  it('all are looked at where there is room', () => {
    expect(noteworthy(many, 100)).toBe(many);
  });
});

describe('levels', () => {
  const pool = (backends: BackendStatus[]) => ({ backends }) as unknown as PoolStatus;

  it('come by priority; the first with a backend that is available serves', () => {
    const levels = levelsOf(
      pool([
        backend({ id: 'payg', priority: 2 }),
        backend({ id: 'ptu', priority: 1, available: false }),
      ]),
    );
    expect(levels.map(({ priority, serves }) => [priority, serves])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  it('share out by weight', () => {
    const backends = [backend({ id: 'a', weight: 3 }), backend({ id: 'b', weight: 1 })];
    expect(levelsOf(pool(backends))[0]?.shares).toEqual({ a: 0.75, b: 0.25 });
    const idle = [backend({ id: 'a', weight: 0 })];
    expect(levelsOf(pool(idle))[0]?.shares).toEqual({ a: 0 });
  });
});
