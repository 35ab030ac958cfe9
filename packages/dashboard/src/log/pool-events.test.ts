import { expect, it } from 'vitest';
import { tripped } from './pool-events.ts';

it.each([
  [{ statusCode: 429 }, 'tripped by 429, for 1.5 s'],
  [{ statusCode: undefined, reason: 'ECONNREFUSED' }, 'tripped by ECONNREFUSED, for 1.5 s'],
  [{ statusCode: undefined }, 'tripped, for 1.5 s'],
])('says of a trip what it was decided on: %j', (cause, text) => {
  expect(tripped({ ...cause, durationMs: 1_500 })).toBe(text);
});
