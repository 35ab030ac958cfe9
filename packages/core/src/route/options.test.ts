import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { type RouteCall, readRouteOptions } from './options.ts';

const read = (call: RouteCall, options: unknown) => readRouteOptions[call](options, call);

function problem(call: RouteCall, options: unknown): ConfigurationError {
  try {
    read(call, options);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error('was accepted');
}

const gate = {
  maxCount: 20,
  maxQueueLength: 0,
  timeoutMs: 30_000,
  key: undefined,
  maxKeys: 10_000,
  priority: undefined,
  rejectStatus: 429,
};

const breaker = {
  failureCount: 3,
  failurePercentage: undefined,
  minimumRequests: 20,
  intervalMs: 10_000,
  tripDurationMs: 10_000,
  acceptRetryAfter: false,
  maxTripDurationMs: 120_000,
  statusCodes: new Set(Array.from({ length: 100 }, (_, index) => 500 + index)),
};

describe('the defaults', () => {
  it('of limitConcurrency', () => {
    expect(read('limitConcurrency', { maxCount: 20 })).toEqual({
      call: 'limitConcurrency',
      name: undefined,
      gate,
      breaker: undefined,
      timeoutMs: undefined,
      abandonMs: 10_000,
      apdexMs: 500,
    });
  });

  it('of circuitBreaker: a failure is a 5xx, and no 429', () => {
    expect(read('circuitBreaker', { failureCount: 3 })).toEqual({
      call: 'circuitBreaker',
      name: undefined,
      gate: undefined,
      breaker,
      timeoutMs: undefined,
      abandonMs: 10_000,
      apdexMs: 500,
    });
  });

  it('of protect, which are those of the other two', () => {
    const options = { concurrency: { maxCount: 20 }, breaker: { failureCount: 3 } };
    expect(read('protect', options)).toEqual({
      call: 'protect',
      name: undefined,
      gate,
      breaker,
      timeoutMs: undefined,
      abandonMs: 10_000,
      apdexMs: 500,
    });
  });

  it('stand in for what is given as undefined', () => {
    const options = { maxCount: 20, maxQueueLength: undefined, key: undefined, name: undefined };
    expect(read('limitConcurrency', options)).toEqual(read('limitConcurrency', { maxCount: 20 }));
  });
});

describe('what is given', () => {
  const key = () => 'tenant';
  const priority = () => 0;
  const gateOptions = {
    maxCount: 2,
    maxQueueLength: 3,
    timeoutMs: 0.5,
    key,
    maxKeys: 5,
    priority,
    rejectStatus: 599,
  };
  const breakerOptions = {
    failurePercentage: 12.5,
    minimumRequests: 7,
    intervalMs: 8,
    statusCodes: [429],
    tripDurationMs: 9,
    acceptRetryAfter: true,
    maxTripDurationMs: 10,
  };
  const breakerRule = {
    ...breakerOptions,
    failureCount: undefined,
    statusCodes: new Set([429]),
  };

  it('to limitConcurrency is kept', () => {
    const options = { name: 'reports', ...gateOptions, abandonMs: 6, apdexMs: 7 };
    expect(read('limitConcurrency', options)).toEqual({
      call: 'limitConcurrency',
      name: 'reports',
      gate: gateOptions,
      breaker: undefined,
      timeoutMs: undefined,
      abandonMs: 6,
      apdexMs: 7,
    });
    const others = read('limitConcurrency', { ...options, key: 'all', rejectStatus: 400 });
    expect(others.gate).toMatchObject({ key: 'all', rejectStatus: 400 });
  });

  it('to circuitBreaker is kept', () => {
    const { breaker, ...config } = read('circuitBreaker', {
      name: 'flaky',
      ...breakerOptions,
      timeoutMs: 11,
      apdexMs: 7,
    });
    expect(breaker).toEqual(breakerRule);
    expect(config).toEqual({
      call: 'circuitBreaker',
      name: 'flaky',
      gate: undefined,
      timeoutMs: 11,
      abandonMs: 10_000,
      apdexMs: 7,
    });
  });

  it('to protect is kept', () => {
    const options = { concurrency: gateOptions, breaker: breakerOptions, apdexMs: 7 };
    expect(read('protect', { name: 'both', ...options, timeoutMs: 12, abandonMs: 13 })).toEqual({
      call: 'protect',
      name: 'both',
      gate: gateOptions,
      breaker: breakerRule,
      timeoutMs: 12,
      abandonMs: 13,
      apdexMs: 7,
    });
  });

  it('to protect may be any one of its three', () => {
    const { gate: none, breaker, timeoutMs } = read('protect', { timeoutMs: 1 });
    expect({ none, breaker, timeoutMs }).toEqual({
      none: undefined,
      breaker: undefined,
      timeoutMs: 1,
    });
    expect(read('protect', { concurrency: { maxCount: 1 } }).breaker).toBeUndefined();
    expect(read('protect', { breaker: { failureCount: 1 } }).gate).toBeUndefined();
  });

  it('is never written to', () => {
    const concurrency = Object.freeze({ maxCount: 1 });
    const breaker = Object.freeze({ failureCount: 1, statusCodes: Object.freeze([500]) });
    const given = Object.freeze({ concurrency, breaker, timeoutMs: 1 });
    expect(read('protect', given)).toMatchObject({ timeoutMs: 1 });
    expect(read('limitConcurrency', concurrency).gate).not.toBe(concurrency);
    expect(read('circuitBreaker', breaker).breaker?.failureCount).toBe(1);
    expect(given).toEqual({ concurrency, breaker, timeoutMs: 1 });
  });
});

const INTEGER = 'must be a positive integer';
const LENGTH = 'must be an integer of at least 0';
const DURATION = 'must be a finite number of milliseconds above 0';
const STATUS = 'must be a status from 400 to 599';
const COUNT = 'must be a positive integer of at most 1000000';
const PERCENTAGE = 'must be a percentage above 0 and up to 100';
const NAME = 'must be a non-empty string';
const KEY = 'must be a function or a non-empty string';
const FUNCTION = 'must be a function';
const BOOLEAN = 'must be a boolean';
const STATUSES = 'must be a non-empty array of statuses';

const { NaN: NOT_A_NUMBER, POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
const NOT_NUMBERS = [NOT_A_NUMBER, 'x', '1', null, POSITIVE_INFINITY, NEGATIVE_INFINITY, true, {}];

/** What each rule refuses. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  [INTEGER]: [0, -1, 1.5, 2 ** 53, ...NOT_NUMBERS],
  [LENGTH]: [-1, 1.5, ...NOT_NUMBERS],
  [DURATION]: [0, -1, ...NOT_NUMBERS],
  [STATUS]: [0, -1, 200, 399, 600, 429.5, ...NOT_NUMBERS],
  [COUNT]: [0, -1, 1.5, 1_000_001, ...NOT_NUMBERS],
  [PERCENTAGE]: [0, -1, 100.5, ...NOT_NUMBERS],
  [NAME]: ['', 0, 5, null, {}, ['a']],
  [KEY]: [0, 5, null, {}, ['a'], true],
  [FUNCTION]: [0, 5, 'x', null, {}],
  [BOOLEAN]: [0, 1, 'true', null],
  [STATUSES]: [0, 500, '500-599', null, [], {}],
};

const GATE = {
  maxCount: INTEGER,
  maxQueueLength: LENGTH,
  timeoutMs: DURATION,
  key: KEY,
  maxKeys: INTEGER,
  priority: FUNCTION,
  rejectStatus: STATUS,
};
const BREAKER = {
  failureCount: COUNT,
  failurePercentage: PERCENTAGE,
  minimumRequests: INTEGER,
  intervalMs: DURATION,
  statusCodes: STATUSES,
  tripDurationMs: DURATION,
  acceptRetryAfter: BOOLEAN,
  maxTripDurationMs: DURATION,
};
const RULES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  limitConcurrency: { name: NAME, ...GATE, abandonMs: DURATION },
  circuitBreaker: { name: NAME, ...BREAKER, timeoutMs: DURATION },
  protect: { name: NAME, timeoutMs: DURATION, abandonMs: DURATION },
  'protect.concurrency': GATE,
  'protect.breaker': BREAKER,
};

/** The options that let everything but the option in question pass, with it at its place. */
function optionsWith(place: string, option: string, value: unknown): unknown {
  if (place === 'limitConcurrency') return { maxCount: 1, [option]: value };
  if (place === 'protect') return { timeoutMs: 1, [option]: value };
  const threshold = option === 'failureCount' ? {} : { failurePercentage: 50 };
  const within = { ...threshold, [option]: value };
  if (place === 'circuitBreaker') return within;
  if (place === 'protect.breaker') return { breaker: within };
  return { concurrency: { maxCount: 1, [option]: value } };
}

/** As a message shows it. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? `"${value}"` : String(value);
}

const CASES = Object.entries(RULES).flatMap(([place, rules]) =>
  Object.entries(rules).map(([option, rule]) => [`${place}.${option}`, place, option, rule]),
) as [string, string, string, string][];

describe('what makes no sense is refused, with option, rule and value', () => {
  it.each(CASES)('%s', (path, place, option, rule) => {
    const call = place.split('.')[0] as RouteCall;
    for (const value of WRONG[rule] as readonly unknown[]) {
      const error = problem(call, optionsWith(place, option, value));
      expect(error.message).toBe(`${path} ${rule}, got ${shown(value)}`);
      expect(error).toMatchObject({ path, rule });
      expect(error.value).toBe(value);
    }
  });

  it.each<[RouteCall, unknown, string]>([
    ['limitConcurrency', {}, 'limitConcurrency.maxCount must be a positive integer, got undefined'],
    [
      'protect',
      { concurrency: {} },
      'protect.concurrency.maxCount must be a positive integer, got undefined',
    ],
    ['circuitBreaker', {}, 'circuitBreaker must have failureCount or failurePercentage'],
    ['protect', { breaker: {} }, 'protect.breaker must have failureCount or failurePercentage'],
    ['protect', {}, "protect must have at least one of 'concurrency', 'breaker' and 'timeoutMs'"],
    [
      'protect',
      { name: 'nothing', abandonMs: 5 },
      "protect must have at least one of 'concurrency', 'breaker' and 'timeoutMs'",
    ],
    [
      'limitConcurrency',
      { maxCount: 1, key: '' },
      'limitConcurrency.key must be a non-empty string, got ""',
    ],
    ['protect', { concurrency: 20 }, 'protect.concurrency must be an object, got 20'],
    ['protect', { concurrency: null }, 'protect.concurrency must be an object, got null'],
    ['protect', { breaker: true }, 'protect.breaker must be an object, got true'],
    [
      'circuitBreaker',
      { failureCount: 1, statusCodes: [500, '5xx'] },
      'circuitBreaker.statusCodes[1] must be a status from 100 to 599, or a range such as \'500-599\', got "5xx"',
    ],
  ])('%s(%j)', (call, options, message) => {
    expect(problem(call, options).message).toBe(message);
  });

  it.each<RouteCall>(['limitConcurrency', 'circuitBreaker', 'protect'])('%s', (call) => {
    for (const options of [undefined, null, 20, 'x', [], () => {}]) {
      expect(problem(call, options).rule).toBe('must be an object');
    }
  });
});

describe('what contradicts itself is refused', () => {
  it.each<RouteCall>(['circuitBreaker', 'protect'])('%s', (call) => {
    const at = call === 'protect' ? 'protect.breaker' : call;
    const refusal = (breaker: object) =>
      problem(call, call === 'protect' ? { breaker } : breaker).message;
    expect(refusal({ failureCount: 3, failurePercentage: 50 })).toBe(
      `${at}.failurePercentage cannot stand beside failureCount: a rule has one threshold, got 50`,
    );
    expect(refusal({ failureCount: 3, minimumRequests: 5 })).toBe(
      `${at}.minimumRequests belongs to failurePercentage and has no meaning beside failureCount, got 5`,
    );
    expect(refusal({ failureCount: 3, maxTripDurationMs: 5 })).toBe(
      `${at}.maxTripDurationMs caps what answers ask for and has no meaning without acceptRetryAfter, got 5`,
    );
  });
});

describe('what is not known is refused, with what may have been meant', () => {
  it.each<[RouteCall, object, string]>([
    ['limitConcurrency', { maxcount: 1 }, "maxcount is not an option; did you mean 'maxCount'?"],
    [
      'limitConcurrency',
      { maxCount: 1, timeout: 1 },
      "timeout is not an option; did you mean 'timeoutMs'?",
    ],
    [
      'limitConcurrency',
      { maxCount: 1, breaker: {} },
      'breaker is not an option; the options are: name, maxCount, maxQueueLength, timeoutMs, key, maxKeys, priority, rejectStatus, abandonMs',
    ],
    ['circuitBreaker', { failureCount: 1, abandonMs: 1 }, 'abandonMs is not an option; '],
    ['circuitBreaker', { failureCount: 1, maxCount: 1 }, 'maxCount is not an option; '],
    [
      'protect',
      { concurrency: { maxCount: 1 }, maxCount: 1 },
      'maxCount is not an option; the options are: name, concurrency, breaker, timeoutMs, abandonMs',
    ],
    [
      'protect',
      { concurrency: { maxCount: 1, abandonMs: 1 } },
      'concurrency.abandonMs is not an option; ',
    ],
    ['protect', { concurrency: { maxCount: 1, name: 'a' } }, 'concurrency.name is not an option; '],
    [
      'protect',
      { breaker: { failureCount: 1, timeoutMs: 1 } },
      'breaker.timeoutMs is not an option; ',
    ],
    ['protect', { timeoutMs: 1, rejectStatus: 503 }, 'rejectStatus is not an option; '],
  ])('%s(%j)', (call, options, message) => {
    expect(problem(call, options).message).toContain(`${call}.${message}`);
  });
});
