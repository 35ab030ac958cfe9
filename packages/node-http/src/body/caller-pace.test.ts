import { expect, it } from 'vitest';
import { CallerPace } from './caller-pace.ts';

it('counts the time that is the caller’s turn, and no other', () => {
  const pace = new CallerPace(100);
  pace.begin(0);
  expect(pace.awaited).toBe(true);
  expect(pace.came(1, 60)).toBe(true);
  expect(pace.awaited).toBe(false);
  // The backend takes its time.
  pace.begin(10_000);
  expect(pace.came(1, 10_040)).toBe(true);
  pace.begin(10_040);
  expect(pace.came(1, 10_041)).toBe(false);
});

it('begins anew with each 64 KiB, in however many chunks they come', () => {
  const pace = new CallerPace(100);
  let now = 0;
  for (let portion = 0; portion < 5; portion++) {
    for (let chunk = 0; chunk < 64; chunk++) {
      pace.begin(now);
      now += 1.5;
      expect(pace.came(1_024, now)).toBe(true);
    }
  }
});

it('does not begin anew when it is the caller’s turn already', () => {
  const pace = new CallerPace(100);
  pace.begin(0);
  pace.begin(90);
  expect(pace.came(1, 101)).toBe(false);
});
