import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
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
it('does not fire at once when the delay is longer than setTimeout can wait', () => {
  const called = vi.fn();
  systemClock.setTimer(called, 30 * 86_400_000);
  vi.advanceTimersByTime(86_400_000);
  expect(called).not.toHaveBeenCalled();
});
