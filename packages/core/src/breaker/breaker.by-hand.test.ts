import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { describe, expect, it, vi } from 'vitest';
import { Breaker } from './breaker.ts';
import { breakerRule } from './rule.ts';
import type { BreakerHooks } from './shared-breaker.ts';

const rule = breakerRule([429])({ failureCount: 3, tripDurationMs: 60_000 }, 'breaker');

function setUp() {
  const clock = new FakeClock();
  const events = { onTrip: vi.fn(), onClose: vi.fn() };
  const shared = {
    tripped: vi.fn(),
    closed: vi.fn(),
    awaitTrial: vi.fn(),
    trial: vi.fn(),
    close: vi.fn(),
  };
  const breaker = new Breaker('ptu', rule, clock, events, (_hooks: BreakerHooks) => shared);
  const fail = () => breaker.failed(breaker.begin(), clock.now(), 429);
  return {
    clock,
    events,
    shared,
    breaker,
    fail,
    trip: (ms: number) => breaker.trip({ durationMs: ms }),
  };
}

describe('a breaker that is tripped by hand', () => {
  it('lets nothing through for as long as was said, and then a trial', () => {
    const { breaker, clock, events, trip } = setUp();
    trip(5_000);
    expect(breaker).toMatchObject({ state: 'open', admits: false, trips: 1 });
    expect(breaker.trippedBy).toBeUndefined();
    expect(events.onTrip.mock.calls).toEqual([[{ statusCode: undefined, durationMs: 5_000 }]]);
    clock.advance(4_999);
    expect(breaker.state).toBe('open');
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
  });

  it('stays open for longer where that is said, and never for less', () => {
    const { breaker, clock, events, trip } = setUp();
    trip(5_000);
    trip(2_000);
    expect(breaker.remainingMs(clock.now())).toBe(5_000);
    trip(9_000);
    expect(breaker.remainingMs(clock.now())).toBe(9_000);
    expect(breaker.trips).toBe(1);
    expect(events.onTrip).toHaveBeenCalledOnce();
  });

  it('is not closed by what was under way', () => {
    const { breaker, clock, trip } = setUp();
    const pass = breaker.begin();
    trip(5_000);
    breaker.proved(pass);
    breaker.succeeded(pass, clock.now());
    expect(breaker.state).toBe('open');
  });

  it('trips anew while its trial is under way, whose answer then says nothing', () => {
    const { breaker, clock, trip } = setUp();
    trip(1_000);
    clock.advance(1_000);
    const trial = breaker.begin();
    trip(1_000);
    breaker.proved(trial);
    expect(breaker).toMatchObject({ state: 'open', trips: 2 });
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', undefined])(
    'does not take %s for a duration, and stays as it is',
    (durationMs) => {
      const { breaker } = setUp();
      expect(() => breaker.trip({ durationMs: durationMs as never })).toThrow(
        'breaker(ptu).trip.durationMs must be a finite number of milliseconds above 0',
      );
      expect(breaker.state).toBe('closed');
    },
  );
});

describe('a breaker that is closed by hand', () => {
  it('admits at once, and counts failures from then on', () => {
    const { breaker, events, fail } = setUp();
    for (let failures = 0; failures < 3; failures++) fail();
    expect(breaker.state).toBe('open');
    breaker.close();
    expect(breaker).toMatchObject({ state: 'closed', admits: true });
    expect(events.onClose).toHaveBeenCalledOnce();
    fail();
    fail();
    expect(breaker.state).toBe('closed');
    fail();
    expect(breaker.state).toBe('open');
  });

  it('leaves a timer neither behind nor in the way', () => {
    const { breaker, clock, trip } = setUp();
    trip(5_000);
    breaker.close();
    expect(clock.pendingTimers).toBe(0);
    trip(7_000);
    clock.advance(6_999);
    expect(breaker.state).toBe('open');
  });

  it('says so once, and not when it is closed already', () => {
    const { breaker, events, shared, trip } = setUp();
    breaker.close();
    trip(5_000);
    breaker.close();
    breaker.close();
    expect(events.onClose).toHaveBeenCalledOnce();
    expect(shared.closed).toHaveBeenCalledOnce();
  });
});

it('is tripped and closed by hand in all instances that share it', () => {
  const { breaker, shared, trip } = setUp();
  trip(5_000);
  trip(8_000);
  expect(shared.tripped.mock.calls).toEqual([
    [{ statusCode: undefined, durationMs: 5_000 }],
    [{ statusCode: undefined, durationMs: 8_000 }],
  ]);
  breaker.close();
  expect(shared.closed).toHaveBeenCalledOnce();
});

it('is left as it is once it has been disposed of', () => {
  const { breaker, clock, events, trip } = setUp();
  breaker.dispose();
  trip(5_000);
  breaker.close();
  expect(events.onTrip).not.toHaveBeenCalled();
  expect(events.onClose).not.toHaveBeenCalled();
  expect(clock.pendingTimers).toBe(0);
});
