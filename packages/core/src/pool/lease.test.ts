import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import type { BreakerOptions } from '../breaker/rule.ts';
import { Backend, type BackendConfig } from './backend.ts';
import { Lease } from './lease.ts';
import { readPoolOptions } from './options.ts';
import { OUTCOMES } from './outcome.ts';

function setUp(breaker?: BreakerOptions, maxCount?: number) {
  const clock = new FakeClock();
  const { backends } = readPoolOptions('test', {
    backends: [{ id: 'a', url: 'https://a.test', breaker, maxCount }],
  });
  const changes: boolean[] = [];
  const events = {
    availabilityChanged: ({ available }: Backend) => changes.push(available),
    tripped() {},
    recovered() {},
    drained() {},
  };
  const backend = new Backend(backends[0] as BackendConfig, clock, events);
  return { changes, clock, backend, lease: () => new Lease(backend, clock.now()) };
}

describe('Lease', () => {
  it.each([
    [200, 'success'],
    [304, 'success'],
    [399, 'success'],
    [400, 'client_error'],
    [428, 'client_error'],
    [429, 'throttled'],
    [499, 'client_error'],
    [500, 'server_error'],
    [599, 'server_error'],
  ] as const)('counts %d as %s', (statusCode, outcome) => {
    const { backend, clock, lease } = setUp();
    const attempt = lease();
    attempt.answered(statusCode, {}, clock.now());
    expect(backend.outcomes().get(outcome)).toBe(0);
    attempt.release(true, clock.now());
    for (const name of OUTCOMES) {
      expect(backend.outcomes().get(name), name).toBe(name === outcome ? 1 : 0);
    }
  });

  it.each(['connect_error', 'reset', 'timeout'] as const)('counts a %s', (failure) => {
    const { backend, clock, lease } = setUp();
    const attempt = lease();
    attempt.failed(failure, clock.now());
    attempt.release(false, clock.now());
    expect(backend.outcomes().get(failure)).toBe(1);
  });

  it('counts as cancelled what we ended before its head', () => {
    const { backend, clock, lease } = setUp();
    lease().release(false, clock.now());
    expect(backend.outcomes().get('cancelled')).toBe(1);
  });

  it('gives its place back once', () => {
    const { backend, clock, lease } = setUp();
    const [first, second] = [lease(), lease()];
    expect(backend.running).toBe(2);
    first.release(true, clock.now());
    first.release(true, clock.now());
    first.release(false, clock.now());
    expect(backend.running).toBe(1);
    second.release(true, clock.now());
    expect(backend.running).toBe(0);
  });

  it('measures from the choice of the backend to the end of the answer', () => {
    const { backend, clock, lease } = setUp();
    const attempt = lease();
    clock.advance(700);
    attempt.answered(200, {}, clock.now());
    clock.advance(800);
    attempt.release(true, clock.now());
    expect(backend.durations.sumSeconds).toBeCloseTo(1.5, 9);
  });

  it('tells the breaker of a listed status, once', () => {
    const { backend, clock, lease } = setUp({ failureCount: 2, statusCodes: [418] });
    const attempt = lease();
    attempt.answered(418, {}, clock.now());
    attempt.failed('reset', clock.now());
    attempt.release(false, clock.now());
    expect(backend.breaker?.state).toBe('closed');
    lease().answered(500, {}, clock.now());
    expect(backend.breaker?.state).toBe('closed');
    lease().answered(418, {}, clock.now());
    expect(backend.breaker?.state).toBe('open');
  });

  it('tells the breaker of an answer that broke off after a good head', () => {
    const { backend, clock, lease } = setUp({ failureCount: 1 });
    const attempt = lease();
    attempt.answered(200, {}, clock.now());
    attempt.failed('reset', clock.now());
    attempt.release(false, clock.now());
    expect(backend.breaker?.state).toBe('open');
    expect(backend.outcomes().get('reset')).toBe(1);
  });

  it('tells the breaker nothing of a caller that left, before the head or after', () => {
    const { backend, clock, lease } = setUp({ failurePercentage: 50, minimumRequests: 2 });
    lease().failed('timeout', clock.now());
    for (let call = 0; call < 10; call++) {
      lease().release(false, clock.now());
      const answered = lease();
      answered.answered(200, {}, clock.now());
      answered.release(false, clock.now());
    }
    expect(backend.breaker?.state).toBe('closed');
    const complete = lease();
    complete.answered(200, {}, clock.now());
    complete.release(true, clock.now());
    expect(backend.breaker?.state).toBe('open');
  });

  it('leaves room for another trial when the caller of a trial leaves', () => {
    const { backend, clock, lease } = setUp({ failureCount: 1, tripDurationMs: 10 });
    lease().answered(503, {}, clock.now());
    clock.advance(10);
    expect(backend.available).toBe(true);
    const trial = lease();
    expect(backend.available).toBe(false);
    trial.release(false, clock.now());
    expect(backend.available).toBe(true);
    expect(backend.breaker?.state).toBe('half-open');
  });
});

describe('the availability of a backend', () => {
  it('is told when it changes, not each time that it may have', () => {
    const rule = { failureCount: 1, tripDurationMs: 1_000, acceptRetryAfter: true };
    const { changes, clock, backend, lease } = setUp(rule, 2);
    const [first, second] = [lease(), lease()];
    expect(changes).toEqual([false]);
    // Tripped while full, extended, and no longer full while tripped.
    first.answered(429, { 'retry-after': '5' }, clock.now());
    second.answered(429, { 'retry-after': '9' }, clock.now());
    first.release(true, clock.now());
    second.release(true, clock.now());
    expect(changes).toEqual([false]);
    clock.advance(9_000);
    expect(changes).toEqual([false, true]);
    const trial = lease();
    trial.answered(200, {}, clock.now());
    trial.release(true, clock.now());
    expect(changes).toEqual([false, true, false, true]);
    expect(backend.available).toBe(true);
  });
});

describe('the recovery of a backend', () => {
  const wait = { 'retry-after': '30' };

  it.each([429, 503])(
    'is known from a %d without a breaker, and passes with time',
    (statusCode) => {
      const { backend, clock, lease } = setUp();
      expect(backend.recoveryMs(clock.now())).toBeUndefined();
      lease().answered(statusCode, wait, clock.now());
      clock.advance(10_000);
      expect(backend.recoveryMs(clock.now())).toBe(20_000);
      clock.advance(20_000);
      expect(backend.recoveryMs(clock.now())).toBeUndefined();
    },
  );

  it('is known while a breaker has not tripped yet', () => {
    const { backend, clock, lease } = setUp({ failureCount: 3 });
    lease().answered(429, wait, clock.now());
    expect(backend.recoveryMs(clock.now())).toBe(30_000);
  });

  it('is the rest of the trip while tripped, and now when a trial may go', () => {
    const { backend, clock, lease } = setUp({ failureCount: 1, tripDurationMs: 5_000 });
    lease().answered(429, wait, clock.now());
    expect(backend.recoveryMs(clock.now())).toBe(5_000);
    clock.advance(5_000);
    expect(backend.recoveryMs(clock.now())).toBe(0);
  });

  it('is never further away than the rule or two minutes allow', () => {
    const day = { 'retry-after': '86400' };
    const free = setUp();
    free.lease().answered(429, day, free.clock.now());
    expect(free.backend.recoveryMs(free.clock.now())).toBe(120_000);
    const ruled = setUp({ failureCount: 9, maxTripDurationMs: 7_000 });
    ruled.lease().answered(429, day, ruled.clock.now());
    expect(ruled.backend.recoveryMs(ruled.clock.now())).toBe(7_000);
  });

  it('is not read from answers that refuse nothing', () => {
    const { backend, clock, lease } = setUp();
    lease().answered(200, { 'x-ratelimit-reset-tokens': '6m0s' }, clock.now());
    expect(backend.recoveryMs(clock.now())).toBeUndefined();
  });
});
