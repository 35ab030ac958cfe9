import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import {
  pathOf,
  payg,
  ptu,
  ScriptedSubmission,
  scriptedPool,
} from '@spillway/test/support/scripted-submission.ts';
import { describe, expect, it, vi } from 'vitest';

describe('what a pool tells', () => {
  it('emits trips, recoveries and spillovers', () => {
    const clock = new FakeClock();
    const pool = scriptedPool({ backends: [ptu, payg] }, clock);
    const heard: unknown[] = [];
    pool.on('trip', (trip) => heard.push(['trip', trip]));
    pool.on('recover', (recovery) => heard.push(['recover', recovery]));
    pool.on('spillover', (spillover) => heard.push(['spillover', spillover]));
    const spillover = ['spillover', { from: 1, to: 2, backend: 'payg' }];
    for (let request = 0; request < 3; request++) pathOf(pool, { ptu: 429, payg: 200 });
    clock.advance(60_000);
    pathOf(pool, { ptu: 200 });
    expect(heard).toEqual([
      spillover,
      spillover,
      ['trip', { backend: 'ptu', statusCode: 429, durationMs: 60_000 }],
      spillover,
      ['recover', { backend: 'ptu' }],
    ]);
  });

  it('counts spillovers by both levels, also when another becomes the first', () => {
    const pool = scriptedPool({ backends: [ptu, payg] });
    pathOf(pool, { ptu: 429, payg: 200 });
    pool.add({ id: 'reserve', url: 'https://reserve.test', priority: 0 });
    for (let request = 0; request < 2; request++) {
      pathOf(pool, { reserve: 429, ptu: 429, payg: 200 });
    }
    expect(pool.status().spillovers).toEqual([
      { from: 1, to: 2, count: 1 },
      { from: 0, to: 2, count: 2 },
    ]);
  });

  it.each([
    ['connect_error', undefined, 'connect_error'],
    ['connect_error', new Error('no code'), 'connect_error'],
    ['connect_error', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['reset', Object.assign(new Error(), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['timeout', Object.assign(new Error(), { code: 'UND_ERR_ABORTED' }), 'timeout'],
  ] as const)('tells of a trip by a %s with %s its reason', (failure, error, reason) => {
    const breaker = { failureCount: 1, tripDurationMs: 1_000 };
    const pool = scriptedPool({ backends: [{ ...ptu, breaker }] });
    const told = vi.fn();
    pool.on('trip', told);
    const submission = new ScriptedSubmission(pool);
    submission.begin();
    submission.current?.failed(failure, pool.clock.now(), error);
    const trip = { backend: 'ptu', statusCode: undefined, reason, durationMs: 1_000 };
    expect(told.mock.calls).toEqual([[trip]]);
  });

  it('shows its state, and no credential', () => {
    const clock = new FakeClock();
    const url = 'https://ptu.example/openai/';
    const headers = { 'api-key': 's3cret' };
    const pool = scriptedPool({ backends: [{ ...ptu, url, headers, maxCount: 9 }, payg] }, clock);
    for (let request = 0; request < 3; request++) pathOf(pool, { ptu: 429, payg: 200 });
    new ScriptedSubmission(pool).begin();
    pool.rejected('no_backend');
    clock.advance(1_000);
    const none = { success: 0, client_error: 0, throttled: 0, server_error: 0 };
    const noFailure = { connect_error: 0, reset: 0, timeout: 0, cancelled: 0 };
    expect(pool.status()).toEqual({
      name: 'chat',
      balance: 'weighted',
      running: 1,
      waiting: 0,
      spillovers: [{ from: 1, to: 2, count: 3 }],
      rejections: { no_backend: 1 },
      shadows: [],
      rollouts: [],
      backends: [
        {
          id: 'ptu',
          url,
          priority: 1,
          weight: 1,
          available: false,
          draining: false,
          running: 0,
          maxCount: 9,
          breaker: { state: 'open', trips: 1, remainingMs: 59_000 },
          attempts: { ...none, ...noFailure, throttled: 3 },
        },
        {
          id: 'payg',
          url: 'https://payg.test/',
          priority: 2,
          weight: 1,
          available: true,
          draining: false,
          running: 1,
          attempts: { ...none, ...noFailure, success: 3 },
        },
      ],
    });
    expect(JSON.stringify(pool.status())).not.toContain('s3cret');
  });

  it('leaves no timers, not even opossum’s, after dispose()', () => {
    vi.useFakeTimers();
    try {
      const clock = new FakeClock();
      const pool = scriptedPool({ backends: [ptu, payg] }, clock);
      for (let request = 0; request < 3; request++) pathOf(pool, { ptu: 429, payg: 200 });
      expect(clock.pendingTimers).toBe(1);
      pool.dispose();
      expect(clock.pendingTimers).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets a listener that throws fail the process, and no request', () => {
    const pool = scriptedPool({
      backends: [{ ...ptu, breaker: { failureCount: 1, tripDurationMs: 1_000 } }, payg],
    });
    const uncaught: (() => void)[] = [];
    vi.stubGlobal('queueMicrotask', (callback: () => void) => uncaught.push(callback));
    try {
      for (const name of ['trip', 'recover', 'spillover'] as const) {
        pool.on(name, () => {
          throw new Error(name);
        });
      }
      expect(pathOf(pool, { ptu: 429, payg: 200 })).toEqual(['ptu', 'payg']);
      expect(pathOf(pool, { payg: 200 })).toEqual(['payg']);
      (pool.clock as FakeClock).advance(1_000);
      expect(pathOf(pool, { ptu: 200 })).toEqual(['ptu']);
      expect(pathOf(pool, { ptu: 200 })).toEqual(['ptu']);
    } finally {
      vi.unstubAllGlobals();
    }
    const messages = ['trip', 'spillover', 'spillover', 'recover'];
    expect(uncaught).toHaveLength(messages.length);
    messages.forEach((message, index) => {
      expect(uncaught[index]).toThrow(message);
    });
  });
});
