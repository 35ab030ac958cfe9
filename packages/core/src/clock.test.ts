import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('follows fake timers that were installed after it was loaded', () => {
  const startedAt = systemClock.now();
  const called = vi.fn();
  systemClock.setTimer(called, 500);
  vi.advanceTimersByTime(499);
  expect(called).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(called).toHaveBeenCalledTimes(1);
  expect(systemClock.now() - startedAt).toBe(500);
});

it('never calls a timer that was cancelled', () => {
  const called = vi.fn();
  systemClock.setTimer(called, 500).cancel();
  vi.advanceTimersByTime(1_000);
  expect(called).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

// setTimeout takes a longer delay for 1 ms.
describe('a delay that is longer than setTimeout can wait', () => {
  const DAY_MS = 86_400_000;

  it('is kept to the millisecond', () => {
    const called = vi.fn();
    systemClock.setTimer(called, 60 * DAY_MS);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(called).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(called).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is cancelled in whatever stretch it is', () => {
    const called = vi.fn();
    const timer = systemClock.setTimer(called, 60 * DAY_MS);
    vi.advanceTimersByTime(30 * DAY_MS);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60 * DAY_MS);
    expect(called).not.toHaveBeenCalled();
  });

  it('lets the process end in every stretch, once it is told to', () => {
    const setTimeout = vi.spyOn(globalThis, 'setTimeout');
    const timer = systemClock.setTimer(() => {}, 60 * DAY_MS);
    timer.unref?.();
    vi.advanceTimersByTime(50 * DAY_MS);
    const timeouts = setTimeout.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timeouts.map((timeout) => timeout.hasRef())).toEqual([false, false, false]);
  });
});
