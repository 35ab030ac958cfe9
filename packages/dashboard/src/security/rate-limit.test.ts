import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

it('lets so many through in a minute, all at once or one by one, and says how long to wait', () => {
  const clock = new FakeClock();
  const limit = new RateLimit(4, clock);
  const takes = (count: number) => Array.from({ length: count }, () => limit.take('ann'));
  expect(takes(5)).toEqual([0, 0, 0, 0, 15_000]);
  clock.advance(14_999);
  expect(limit.take('ann')).toBe(1);
  clock.advance(1);
  expect(takes(2)).toEqual([0, 15_000]);
  clock.advance(10 * 60_000);
  expect(takes(5)).toEqual([0, 0, 0, 0, 15_000]);
});

it('counts each name by itself', () => {
  const limit = new RateLimit(1, new FakeClock());
  expect([limit.take('ann'), limit.take('bob'), limit.take('ann')]).toEqual([0, 0, 60_000]);
});

it('remembers nobody for ever, and nobody who is refused gets through for want of memory', () => {
  const clock = new FakeClock();
  const limit = new RateLimit(1, clock);
  limit.take('ann');
  for (let name = 0; name < 5_000; name++) limit.take(`name ${name}`);
  expect(limit.take('ann')).toBe(60_000);
  clock.advance(60_000);
  limit.take('one more');
  expect(limit.size).toBe(1);
});
