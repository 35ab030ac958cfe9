import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { GivenBreaker } from '@spillway/test/support/given-slots.ts';
import { expect, it } from 'vitest';
import { Breaker } from './breaker.ts';
import { breakerRule } from './rule.ts';
import type { Trip } from './trip.ts';

function setUp() {
  const clock = new FakeClock();
  const options = { failureCount: 1, tripDurationMs: 1_000, acceptRetryAfter: true };
  const rule = breakerRule([500])(options, 'breaker');
  const trips: Trip[] = [];
  let closings = 0;
  let given: GivenBreaker | undefined;
  const events = { onTrip: (trip: Trip) => trips.push(trip), onClose: () => closings++ };
  const breaker = new Breaker('any', rule, clock, events, (hooks) => {
    given = new GivenBreaker(hooks);
    return given;
  });
  const { hooks, told } = given as unknown as GivenBreaker;
  return { clock, breaker, hooks, told, trips, closings: () => closings };
}

it('tells of its trips, longer waits, trials and their success', () => {
  const { clock, breaker, hooks, told } = setUp();
  const [first, straggler] = [breaker.begin(), breaker.begin()];
  breaker.failed(first, 0, 500);
  breaker.failed(straggler, 0, 500, 5_000);
  clock.advance(5_000);
  hooks.mayTry(true);
  const abandoned = breaker.begin();
  breaker.abandon(abandoned);
  breaker.proved(breaker.begin());
  breaker.dispose();
  expect(told).toEqual([
    { statusCode: 500, durationMs: 1_000 },
    { statusCode: 500, durationMs: 5_000 },
    'awaits the trial',
    'tries',
    'has not tried',
    'tries',
    'closed',
    'ended',
  ]);
});

it('makes no trial before it may', () => {
  const { clock, breaker, hooks } = setUp();
  breaker.failed(breaker.begin(), 0, 500);
  clock.advance(1_000);
  expect([breaker.state, breaker.admits]).toEqual(['half-open', false]);
  hooks.mayTry(true);
  expect(breaker.admits).toBe(true);
  hooks.mayTry(false);
  expect(breaker.admits).toBe(false);
});

it('is open and closed with the others, and counts only its own trips', () => {
  const { clock, breaker, hooks, told, trips, closings } = setUp();
  const before = breaker.begin();
  hooks.tripped({ statusCode: 429, durationMs: 3_000 });
  expect([breaker.state, breaker.trippedBy, breaker.trips]).toEqual(['open', 429, 0]);
  expect(trips).toEqual([{ statusCode: 429, durationMs: 3_000 }]);
  hooks.tripped({ statusCode: 429, durationMs: 1_000 });
  expect(breaker.remainingMs(clock.now())).toBe(3_000);
  hooks.tripped({ statusCode: 429, durationMs: 4_000 });
  expect(breaker.remainingMs(clock.now())).toBe(4_000);
  breaker.failed(before, 0, 500);
  hooks.closed();
  expect([breaker.state, breaker.admits, closings()]).toEqual(['closed', true, 1]);
  expect(clock.pendingTimers).toBe(0);
  expect(told).toEqual([]);
});
