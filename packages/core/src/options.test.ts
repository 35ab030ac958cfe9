import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './errors.ts';
import {
  array,
  boolean,
  callable,
  finiteNumber,
  having,
  nonEmptyString,
  nonNegativeInteger,
  nonNegativeMs,
  nonNegativeNumber,
  object,
  oneOf,
  optional,
  percentage,
  positiveInteger,
  positiveMs,
  type Reader,
  record,
  statusCodes,
} from './options.ts';

function problem(reader: Reader<unknown>, value: unknown): ConfigurationError {
  try {
    reader(value, 'policy.option');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error(`${String(value)} was accepted`);
}

const NOT_NUMBERS = ['1', null, undefined, true, {}, [], 5n, Number.NaN];
const INFINITE = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe('numbers', () => {
  it.each<[string, Reader<number>, number[], number[]]>([
    ['positiveInteger', positiveInteger, [1, 2 ** 53 - 1], [0, -1, 1.5, 2 ** 53, ...INFINITE]],
    ['nonNegativeInteger', nonNegativeInteger, [0, 7], [-1, 0.5, ...INFINITE]],
    ['nonNegativeNumber', nonNegativeNumber, [0, 0.01, 7], [-0.01, ...INFINITE]],
    ['positiveMs', positiveMs, [0.5, 10_000], [0, -1, ...INFINITE]],
    ['nonNegativeMs', nonNegativeMs, [0, 0.5], [-1, ...INFINITE]],
    ['percentage', percentage, [0.1, 50, 100], [0, -1, 100.1, ...INFINITE]],
    ['finiteNumber', finiteNumber, [0, -5, 0.5], [...INFINITE]],
  ])('%s takes what makes sense, and nothing else', (_, reader, good, bad) => {
    for (const value of good) expect(reader(value, 'policy.option')).toBe(value);
    for (const value of [...bad, ...NOT_NUMBERS]) {
      const error = problem(reader, value);
      expect(error.path).toBe('policy.option');
      expect(error.message).toContain(`policy.option ${error.rule}, got `);
      expect(error.rule).toMatch(/^must be an? /);
      expect(error.value).toBe(value);
    }
  });
});

describe('other values', () => {
  it.each<[string, Reader<unknown>, unknown, string]>([
    ['a boolean', boolean, 'true', 'must be a boolean, got "true"'],
    ['a boolean', boolean, 0, 'must be a boolean, got 0'],
    ['a string', nonEmptyString, '', 'must be a non-empty string, got ""'],
    ['a string', nonEmptyString, ['a'], 'must be a non-empty string, got an array'],
    ['a choice', oneOf('a', 'b'), 'c', "must be one of 'a', 'b', got \"c\""],
    ['a function', callable(), 'f', 'must be a function, got "f"'],
    ['a list', array(boolean), 'yes', 'must be an array, got "yes"'],
    ['a clock', having<Clock>('now'), {}, "must have a method 'now', got an object"],
    ['a clock', having<Clock>('now'), undefined, "must have a method 'now', got undefined"],
    ['a clock', having<Clock>('now'), Promise.resolve(), 'must be awaited, and is a promise still'],
  ])('%s is refused when it is none', (_, reader, value, message) => {
    expect(problem(reader, value).message).toBe(`policy.option ${message}`);
  });

  it('are given back as they are', () => {
    const clock = { now: () => 1 };
    expect(having<Clock>('now')(clock, '')).toBe(clock);
    expect(oneOf('a', 'b')('b', '')).toBe('b');
    expect(boolean(false, '')).toBe(false);
  });

  it('are refused with the rule that the option gives itself', () => {
    expect(problem(callable('must be a function or a name'), 5).message).toBe(
      'policy.option must be a function or a name, got 5',
    );
  });

  it('are named by their place in a list', () => {
    expect(problem(array(boolean), [true, 5]).path).toBe('policy.option[1]');
    expect(problem(array(boolean), Array(1)).path).toBe('policy.option[0]');
  });

  interface Clock {
    now(): number;
  }
});

describe('optional', () => {
  it('gives the fallback for an absent value alone: 0 and false are choices', () => {
    expect(optional(nonNegativeInteger, 5)(undefined, '')).toBe(5);
    expect(optional(nonNegativeInteger, 5)(0, '')).toBe(0);
    expect(optional(boolean, true)(false, '')).toBe(false);
    expect(optional(boolean)(undefined, '')).toBeUndefined();
    expect(problem(optional(boolean, true), null).message).toContain('got null');
  });
});

describe('object', () => {
  const reader = object({
    maxCount: positiveInteger,
    maxQueueLength: optional(nonNegativeInteger, 0),
    timeoutMs: optional(positiveMs, 30_000),
  });

  it('fills in defaults and writes nothing to its input', () => {
    const input = Object.freeze({ maxCount: 2 });
    expect(reader(input, '')).toEqual({ maxCount: 2, maxQueueLength: 0, timeoutMs: 30_000 });
  });

  it('names the path of the option inside', () => {
    expect(problem(reader, { maxCount: 0 }).path).toBe('policy.option.maxCount');
    expect(problem(reader, {}).message).toBe(
      'policy.option.maxCount must be a positive integer, got undefined',
    );
  });

  it.each([
    ['maxcount', "did you mean 'maxCount'?"],
    ['MAXCOUNT', "did you mean 'maxCount'?"],
    ['max_queue_length', "did you mean 'maxQueueLength'?"],
    ['timeout', "did you mean 'timeoutMs'?"],
    ['toString', 'the options are: maxCount, maxQueueLength, timeoutMs'],
    ['quux', 'the options are: maxCount, maxQueueLength, timeoutMs'],
  ])('does not know %j, and says so before anything else', (name, hint) => {
    const error = problem(reader, { maxCount: 'wrong', [name]: 1 });
    expect(error.message).toBe(`policy.option.${name} is not an option; ${hint}`);
  });

  it.each([undefined, null, 5, 'text', true, [], () => {}])('refuses %s', (value) => {
    expect(problem(reader, value).rule).toBe('must be an object');
  });
});

describe('record', () => {
  const reader = record(nonNegativeNumber);

  it('reads the value of every name, into an object of its own', () => {
    const given = Object.freeze({ stable: 0.99, canary: 0.01, toString: 0 });
    expect(reader(given, '')).toEqual(given);
    expect(reader(given, '')).not.toBe(given);
    expect(reader({}, '')).toEqual({});
  });

  it('takes names that mean something elsewhere as names', () => {
    const read = reader(JSON.parse('{"__proto__": 1}'), '');
    expect(Object.entries(read)).toEqual([['__proto__', 1]]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  it('does not read what is inherited', () => {
    expect(reader(Object.create({ inherited: 'wrong' }), '')).toEqual({});
  });

  it('names the path of the value inside', () => {
    const error = problem(reader, { stable: 1, canary: -1 });
    expect(error.message).toBe(
      'policy.option.canary must be a finite number of at least 0, got -1',
    );
    expect(error.path).toBe('policy.option.canary');
  });

  it.each([undefined, null, 5, 'text', true, [], () => {}])('refuses %s', (value) => {
    expect(problem(reader, value).rule).toBe('must be an object');
  });
});

describe('statusCodes', () => {
  it('reads numbers and ranges into one set', () => {
    expect([...statusCodes([429, '500-503', 502, '599-599'], '')]).toEqual([
      429, 500, 501, 502, 503, 599,
    ]);
  });

  it('holds every status of a range, and no other', () => {
    const status = fc.integer({ min: 100, max: 599 });
    fc.assert(
      fc.property(status, status, status, (one, other, tested) => {
        const [first, last] = one < other ? [one, other] : [other, one];
        const codes = statusCodes([`${first}-${last}`], '');
        expect(codes.has(tested)).toBe(first <= tested && tested <= last);
      }),
      { numRuns: 500, seed: 61 },
    );
  });

  it.each([
    99,
    600,
    429.5,
    '429',
    '5xx',
    '500-',
    '599-500',
    '099-200',
    '500-600',
    ' 500-599',
    null,
  ])('refuses the status %j', (status) => {
    const error = problem(statusCodes, [503, status]);
    expect(error.path).toBe('policy.option[1]');
    expect(error.message).toContain('must be a status from 100 to 599, or a range such as');
    expect(error.value).toBe(status);
  });

  it.each([[], 429, '500-599', undefined, {}])('refuses %j in place of a list', (value) => {
    expect(problem(statusCodes, value).message).toContain('must be a non-empty array of statuses');
  });
});
