import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { describe, expect, it, vi } from 'vitest';
import { Breaker } from './breaker.ts';
import { type BreakerOptions, breakerRule } from './rule.ts';

const readRule = breakerRule([429, '500-599']);

/** Tripped for a minute, with three calls that began before and have not ended. */
function setUpTripped(options: BreakerOptions = {}) {
  const clock = new FakeClock();
  const events = { onTrip: vi.fn(), onClose: vi.fn(), onChange: vi.fn() };
  const rule = readRule({ failureCount: 1, tripDurationMs: 60_000, ...options }, 'breaker');
  const breaker = new Breaker('test', rule, clock, events);
  const stragglers = [breaker.begin(), breaker.begin(), breaker.begin()] as const;
  while (breaker.state === 'closed') breaker.failed(breaker.begin(), clock.now());
  const succeed = () => {
    const pass = breaker.begin();
    breaker.proved(pass);
    breaker.succeeded(pass, clock.now());
  };
  return { breaker, clock, events, stragglers, succeed };
}

/** A minute later. */
function setUpHalfOpen(options: BreakerOptions = {}) {
  const world = setUpTripped(options);
  world.clock.advance(60_000);
  world.events.onTrip.mockClear();
  world.events.onChange.mockClear();
  return world;
}

describe('a half-open breaker', () => {
  it('lets exactly one trial through', () => {
    const { breaker, events } = setUpHalfOpen();
    expect(breaker.admits).toBe(true);
    breaker.begin();
    expect(breaker).toMatchObject({ state: 'half-open', admits: false });
    expect(events.onChange).toHaveBeenCalledTimes(1);
  });

  it('closes at the head of a good answer, before its end', () => {
    const { breaker, events } = setUpHalfOpen();
    breaker.proved(breaker.begin());
    expect(breaker).toMatchObject({ state: 'closed', admits: true, trippedBy: undefined });
    expect(events.onClose).toHaveBeenCalledTimes(1);
    expect(events.onTrip).not.toHaveBeenCalled();
  });

  it('trips again, for as long as asked, when the trial fails', () => {
    const { breaker, clock, events } = setUpHalfOpen({ acceptRetryAfter: true });
    breaker.failed(breaker.begin(), clock.now(), 503, 4_000);
    expect(breaker).toMatchObject({ state: 'open', admits: false, trips: 2, trippedBy: 503 });
    expect(events.onTrip).toHaveBeenCalledWith({ statusCode: 503, durationMs: 4_000 });
    clock.advance(4_000);
    expect(breaker.admits).toBe(true);
  });

  it('makes room for another trial when one ends without a verdict', () => {
    const { breaker, events, succeed } = setUpHalfOpen();
    for (let trial = 0; trial < 3; trial++) {
      breaker.abandon(breaker.begin());
      expect(breaker).toMatchObject({ state: 'half-open', admits: true });
    }
    expect(events.onChange).toHaveBeenCalledTimes(6);
    succeed();
    expect(breaker.state).toBe('closed');
  });

  it('remembers no failure from before the trip once it has closed', () => {
    const { breaker, clock, succeed } = setUpHalfOpen({ failureCount: 2 });
    succeed();
    breaker.failed(breaker.begin(), clock.now());
    expect(breaker.state).toBe('closed');
    breaker.failed(breaker.begin(), clock.now());
    expect(breaker.state).toBe('open');
  });

  it('counts a reset after the head of the trial as a failure', () => {
    const { breaker, clock } = setUpHalfOpen();
    const trial = breaker.begin();
    breaker.proved(trial);
    breaker.failed(trial, clock.now());
    expect(breaker).toMatchObject({ state: 'open', trips: 2 });
  });

  it('stays half-open while nobody calls', () => {
    const { breaker, clock } = setUpHalfOpen();
    clock.advance(86_400_000);
    expect(breaker).toMatchObject({ state: 'half-open', admits: true });
  });
});

describe('timers', () => {
  it('has one while it waits, whatever extends the wait, and none otherwise', () => {
    const { breaker, clock, stragglers, succeed } = setUpTripped({ acceptRetryAfter: true });
    for (const straggler of stragglers) breaker.failed(straggler, clock.now(), 429, 100_000);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(100_000);
    expect(clock.pendingTimers).toBe(0);
    succeed();
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits on when its timer fires early', () => {
    const clock = new FakeClock();
    const early = {
      now: () => clock.now(),
      setTimer: (callback: () => void, delayMs: number) =>
        clock.setTimer(callback, Math.min(delayMs, 1_000)),
    };
    const rule = readRule({ failureCount: 1, tripDurationMs: 5_000 }, 'breaker');
    const breaker = new Breaker('test', rule, early);
    breaker.failed(breaker.begin(), clock.now());
    clock.advance(4_999);
    expect(breaker.admits).toBe(false);
    clock.advance(1);
    expect(breaker.admits).toBe(true);
  });

  it('leaves none behind when it is disposed of, not even opossum’s', () => {
    vi.useFakeTimers();
    try {
      const { breaker, clock } = setUpTripped();
      breaker.dispose();
      expect(clock.pendingTimers).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('sets none for a call that ends after it was disposed of', () => {
    const { breaker, clock, stragglers } = setUpTripped({ acceptRetryAfter: true });
    clock.advance(60_000);
    const trial = breaker.begin();
    breaker.dispose();
    breaker.failed(stragglers[0], clock.now(), 429, 30_000);
    breaker.failed(trial, clock.now());
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a listener that throws', () => {
  it('does not keep the breaker from telling that it no longer admits', () => {
    const { breaker, clock, events } = setUpHalfOpen();
    const trial = breaker.begin();
    events.onChange.mockClear();
    events.onTrip.mockImplementation(() => {
      throw new Error('listener');
    });
    expect(() => breaker.failed(trial, clock.now())).toThrow('listener');
    expect(breaker).toMatchObject({ state: 'open', admits: false });
    expect(events.onChange).toHaveBeenCalled();
  });

  it('does not keep the breaker from telling that it admits again', () => {
    const { breaker, events, succeed } = setUpHalfOpen();
    events.onClose.mockImplementation(() => {
      throw new Error('listener');
    });
    expect(succeed).toThrow('listener');
    expect(breaker.admits).toBe(true);
    // once when the trial began, once when it closed
    expect(events.onChange).toHaveBeenCalledTimes(2);
  });
});
