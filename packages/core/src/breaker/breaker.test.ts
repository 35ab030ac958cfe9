import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { describe, expect, it, vi } from 'vitest';
import { Breaker } from './breaker.ts';
import { type BreakerOptions, breakerRule } from './rule.ts';

const readRule = breakerRule([429, '500-599']);

function setUp(options: BreakerOptions = {}) {
  const clock = new FakeClock();
  const events = { onTrip: vi.fn(), onClose: vi.fn(), onChange: vi.fn() };
  const rule = readRule({ failureCount: 3, tripDurationMs: 60_000, ...options }, 'breaker');
  const breaker = new Breaker('test', rule, clock, events);
  return {
    breaker,
    clock,
    events,
    fail: (waitMs?: number) => breaker.failed(breaker.begin(), clock.now(), 429, waitMs),
    succeed() {
      const pass = breaker.begin();
      breaker.proved(pass);
      breaker.succeeded(pass, clock.now());
    },
  };
}

/** Tripped, with calls that began before and have not ended. */
function setUpTripped(options: BreakerOptions = {}) {
  const world = setUp({ failureCount: 1, ...options });
  const stragglers = [world.breaker.begin(), world.breaker.begin(), world.breaker.begin()] as const;
  world.fail();
  world.events.onTrip.mockClear();
  return { ...world, stragglers };
}

describe('a closed breaker', () => {
  it('trips at the count of failures, not before', () => {
    const { breaker, events, fail } = setUp();
    fail();
    fail();
    expect(breaker).toMatchObject({
      state: 'closed',
      admits: true,
      trips: 0,
      trippedBy: undefined,
    });
    fail();
    expect(breaker).toMatchObject({ state: 'open', admits: false, trips: 1, trippedBy: 429 });
    expect(events.onTrip.mock.calls).toEqual([[{ statusCode: 429, durationMs: 60_000 }]]);
  });

  it('forgets failures that are older than the interval', () => {
    const { breaker, clock, fail } = setUp({ failureCount: 2, intervalMs: 1_000 });
    fail();
    clock.advance(1_001);
    fail();
    expect(breaker.state).toBe('closed');
    clock.advance(1_000);
    fail();
    expect(breaker.state).toBe('open');
  });

  it('trips at the percentage, also when a success completes the minimum', () => {
    const { breaker, fail, succeed } = setUp({
      failureCount: undefined,
      failurePercentage: 50,
      minimumRequests: 4,
    });
    fail();
    succeed();
    fail();
    expect(breaker.state).toBe('closed');
    succeed();
    expect(breaker).toMatchObject({ state: 'open', trippedBy: 429 });
  });

  it('counts a call that got no answer, and one that broke off after its head', () => {
    const { breaker, clock, events } = setUp({ failureCount: 2 });
    breaker.failed(breaker.begin(), clock.now());
    const pass = breaker.begin();
    breaker.proved(pass);
    breaker.failed(pass, clock.now());
    expect(breaker).toMatchObject({ state: 'open', trippedBy: undefined });
    expect(events.onTrip).toHaveBeenCalledWith({ statusCode: undefined, durationMs: 60_000 });
  });

  it('learns nothing from calls that prove nothing', () => {
    const { breaker, events, fail } = setUp({
      failureCount: undefined,
      failurePercentage: 100,
      minimumRequests: 2,
    });
    for (let call = 0; call < 10; call++) breaker.abandon(breaker.begin());
    fail();
    expect(breaker.state).toBe('closed');
    fail();
    expect(breaker.state).toBe('open');
    expect(events.onTrip).toHaveBeenCalledTimes(1);
  });
});

describe('the length of a trip', () => {
  it.each([
    ['is the rule’s when the answer says nothing', { acceptRetryAfter: true }, undefined, 60_000],
    ['is the rule’s unless Retry-After is accepted', {}, 5_000, 60_000],
    ['is what the answer asks for, if shorter', { acceptRetryAfter: true }, 5_000, 5_000],
    ['is what the answer asks for, if longer', { acceptRetryAfter: true }, 90_000, 90_000],
    ['is capped at two minutes', { acceptRetryAfter: true }, 86_400_000, 120_000],
    [
      'is capped where the rule says',
      { acceptRetryAfter: true, maxTripDurationMs: 7_000 },
      9_000,
      7_000,
    ],
  ])('%s', (_, options, waitMs, durationMs) => {
    const { breaker, clock, events, fail } = setUp({ failureCount: 1, ...options });
    fail(waitMs);
    expect(events.onTrip).toHaveBeenCalledWith({ statusCode: 429, durationMs });
    expect(breaker.remainingMs(clock.now())).toBe(durationMs);
    clock.advance(durationMs - 1);
    expect(breaker).toMatchObject({ state: 'open', admits: false });
    expect(breaker.remainingMs(clock.now())).toBe(1);
    clock.advance(1);
    expect(breaker).toMatchObject({ state: 'half-open', admits: true });
    expect(breaker.remainingMs(clock.now())).toBe(0);
  });
});

describe('calls that began before a trip', () => {
  const accepting = { acceptRetryAfter: true, tripDurationMs: 10_000 };

  it('extend it when they bring a longer wait', () => {
    const { breaker, clock, events, stragglers } = setUpTripped(accepting);
    clock.advance(4_000);
    breaker.failed(stragglers[0], clock.now(), 429, 20_000);
    expect(breaker.remainingMs(clock.now())).toBe(20_000);
    clock.advance(19_999);
    expect(breaker.admits).toBe(false);
    clock.advance(1);
    expect(breaker.admits).toBe(true);
    expect(events.onTrip).not.toHaveBeenCalled();
    expect(breaker.trips).toBe(1);
  });

  it('never shorten it', () => {
    const { breaker, clock, stragglers } = setUpTripped(accepting);
    clock.advance(4_000);
    breaker.failed(stragglers[0], clock.now(), 429, 5_999);
    expect(breaker.remainingMs(clock.now())).toBe(6_000);
  });

  it('extend it no further than the cap', () => {
    const { breaker, clock, stragglers } = setUpTripped(accepting);
    breaker.failed(stragglers[0], clock.now(), 429, 86_400_000);
    expect(breaker.remainingMs(clock.now())).toBe(120_000);
  });

  it('do not extend it when they ask for nothing, or the rule accepts nothing', () => {
    const silent = setUpTripped(accepting);
    silent.clock.advance(4_000);
    silent.breaker.failed(silent.stragglers[0], silent.clock.now(), 429);
    expect(silent.breaker.remainingMs(silent.clock.now())).toBe(6_000);

    const deaf = setUpTripped({ tripDurationMs: 10_000 });
    deaf.breaker.failed(deaf.stragglers[0], deaf.clock.now(), 429, 50_000);
    expect(deaf.breaker.remainingMs(deaf.clock.now())).toBe(10_000);
  });

  it('neither close nor trip it again, open or half-open', () => {
    const { breaker, clock, events, stragglers } = setUpTripped();
    const [first, second, third] = stragglers;
    breaker.proved(first);
    breaker.succeeded(first, clock.now());
    expect(breaker.state).toBe('open');
    clock.advance(60_000);
    breaker.proved(second);
    breaker.succeeded(second, clock.now());
    expect(breaker.state).toBe('half-open');
    breaker.failed(third, clock.now(), 500);
    expect(breaker).toMatchObject({ state: 'half-open', admits: true, trips: 1 });
    expect(events.onTrip).not.toHaveBeenCalled();
  });

  it('count for nothing once it has closed again', () => {
    const { breaker, clock, stragglers, succeed } = setUpTripped({ acceptRetryAfter: true });
    clock.advance(60_000);
    succeed();
    for (const straggler of stragglers) breaker.failed(straggler, clock.now(), 429, 5_000);
    expect(breaker).toMatchObject({ state: 'closed', admits: true, trips: 1 });
  });

  it('send a trial back to wait when they extend it, and its verdict is ignored', () => {
    const { breaker, clock, stragglers } = setUpTripped(accepting);
    clock.advance(10_000);
    const trial = breaker.begin();
    breaker.failed(stragglers[0], clock.now(), 429, 20_000);
    expect(breaker.state).toBe('open');
    breaker.proved(trial);
    breaker.succeeded(trial, clock.now());
    expect(breaker).toMatchObject({ state: 'open', admits: false });
    expect(breaker.remainingMs(clock.now())).toBe(20_000);
  });

  it('are not taken for the trial that follows, when they were one themselves', () => {
    const { breaker, clock, stragglers } = setUpTripped(accepting);
    clock.advance(10_000);
    const superseded = breaker.begin();
    breaker.failed(stragglers[0], clock.now(), 429, 20_000);
    clock.advance(20_000);
    const trial = breaker.begin();
    breaker.proved(superseded);
    breaker.abandon(superseded);
    expect(breaker).toMatchObject({ state: 'half-open', admits: false });
    breaker.proved(trial);
    expect(breaker.state).toBe('closed');
  });
});
