import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { breakerRule } from './rule.ts';

const read = breakerRule([429, '500-599']);

function problem(options: unknown): ConfigurationError {
  try {
    read(options, 'breaker');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error('was accepted');
}

describe('breakerRule', () => {
  it('fills in the defaults', () => {
    const { statusCodes, ...rule } = read({ failureCount: 3 }, 'breaker');
    expect(rule).toEqual({
      failureCount: 3,
      failurePercentage: undefined,
      minimumRequests: 20,
      intervalMs: 10_000,
      tripDurationMs: 10_000,
      acceptRetryAfter: false,
      maxTripDurationMs: 120_000,
    });
    expect(statusCodes.size).toBe(101);
    for (const status of [429, 500, 599]) expect(statusCodes).toContain(status);
  });

  it('takes the statuses that it is given in place of the defaults', () => {
    const { statusCodes } = read({ failureCount: 3, statusCodes: [408, '502-504'] }, 'breaker');
    expect([...statusCodes]).toEqual([408, 502, 503, 504]);
  });

  it('does not write to what it is given', () => {
    const given = Object.freeze({ failurePercentage: 50 });
    expect(read(given, 'breaker')).not.toBe(given);
  });

  it.each([
    [{}, 'breaker must have failureCount or failurePercentage'],
    [
      { failureCount: 0 },
      'breaker.failureCount must be a positive integer of at most 1000000, got 0',
    ],
    [
      { failureCount: 1.5 },
      'breaker.failureCount must be a positive integer of at most 1000000, got 1.5',
    ],
    [
      { failureCount: '3' },
      'breaker.failureCount must be a positive integer of at most 1000000, got "3"',
    ],
    [
      { failureCount: 3, failurePercentage: 50 },
      'breaker.failurePercentage cannot stand beside failureCount: a rule has one threshold, got 50',
    ],
    [
      { failureCount: 3, minimumRequests: 5 },
      'breaker.minimumRequests belongs to failurePercentage and has no meaning beside failureCount, got 5',
    ],
    [
      { failurePercentage: 0 },
      'breaker.failurePercentage must be a percentage above 0 and up to 100, got 0',
    ],
    [
      { failurePercentage: 100.1 },
      'breaker.failurePercentage must be a percentage above 0 and up to 100, got 100.1',
    ],
    [
      { failurePercentage: Number.NaN },
      'breaker.failurePercentage must be a percentage above 0 and up to 100, got NaN',
    ],
    [
      { failureCount: 1, intervalMs: 0 },
      'breaker.intervalMs must be a finite number of milliseconds above 0, got 0',
    ],
    [
      { failureCount: 1, tripDurationMs: Number.POSITIVE_INFINITY },
      'breaker.tripDurationMs must be a finite number of milliseconds above 0, got Infinity',
    ],
    [
      { failureCount: 1, maxTripDurationMs: -1 },
      'breaker.maxTripDurationMs must be a finite number of milliseconds above 0, got -1',
    ],
    [
      { failureCount: 1, acceptRetryAfter: 'yes' },
      'breaker.acceptRetryAfter must be a boolean, got "yes"',
    ],
    [
      { failureCount: 1, tripDuration: 5 },
      "breaker.tripDuration is not an option; did you mean 'tripDurationMs'?",
    ],
    [null, 'breaker must be an object, got null'],
    [[], 'breaker must be an object, got an empty array'],
  ])('refuses %j', (options, message) => {
    expect(problem(options).message).toBe(message);
  });

  // The window has a place for each failure: this one would need 80 GB.
  it('refuses a count that no memory can hold', () => {
    expect(problem({ failureCount: 10_000_000_000 }).path).toBe('breaker.failureCount');
    expect(read({ failureCount: 1_000_000 }, 'breaker').failureCount).toBe(1_000_000);
  });
});
