import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { readPoolOptions } from './options.ts';

const backend = { id: 'a', url: 'https://a.test' };

function problem(options: unknown, name: unknown = 'chat'): ConfigurationError {
  try {
    readPoolOptions(name, options);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error('was accepted');
}

/** With one backend that differs from a good one by `part`. */
const withBackend = (part: object) => ({ backends: [{ ...backend, ...part }] });

describe('the options of a pool', () => {
  it('have defaults', () => {
    const config = readPoolOptions('chat', { backends: [backend] });
    expect(config).toEqual({
      backends: [
        {
          id: 'a',
          url: new URL('https://a.test'),
          priority: 1,
          weight: 1,
          headers: {},
          breaker: undefined,
          maxCount: Number.POSITIVE_INFINITY,
        },
      ],
      balance: 'weighted',
      affinity: undefined,
      retry: {
        statusCodes: new Set([429, 500, 502, 503, 504]),
        maxAttempts: Number.POSITIVE_INFINITY,
        maxBodyBytes: 1_048_576,
        unsafe: false,
      },
      timeouts: { connectMs: 10_000, headersMs: 300_000, bodyMs: 300_000, callerMs: 300_000 },
      queue: undefined,
      apdexMs: 500,
    });
    const queue = { maxQueueLength: 5 };
    expect(readPoolOptions('chat', { backends: [backend], queue }).queue).toEqual({
      maxQueueLength: 5,
      timeoutMs: 30_000,
    });
  });

  it('give every backend the rule of the pool, its own in its place, or none', () => {
    const config = readPoolOptions('chat', {
      breaker: { failureCount: 5 },
      backends: [
        { ...backend, id: 'pool’s' },
        { ...backend, id: 'own', breaker: { failureCount: 2, statusCodes: [418] } },
        { ...backend, id: 'none', breaker: false },
      ],
    });
    const [pools, own, none] = config.backends;
    expect(pools?.breaker?.failureCount).toBe(5);
    expect(pools?.breaker?.statusCodes.has(429)).toBe(true);
    expect(own?.breaker?.failureCount).toBe(2);
    expect([...(own?.breaker?.statusCodes ?? [])]).toEqual([418]);
    expect(none?.breaker).toBeUndefined();
  });

  it('take names of headers in any case', () => {
    const { backends } = readPoolOptions('chat', withBackend({ headers: { 'API-Key': 'k' } }));
    expect(backends[0]?.headers).toEqual({ 'api-key': 'k' });
  });

  it('are not written to', () => {
    const frozen = Object.freeze({ backends: Object.freeze([Object.freeze(backend)]) });
    expect(readPoolOptions('chat', frozen).backends).toHaveLength(1);
  });

  it.each<[unknown, string]>([
    [undefined, 'pool(chat) must be an object, got undefined'],
    [[], 'pool(chat) must be an object, got an empty array'],
    [{}, 'pool(chat).backends must be an array, got undefined'],
    [{ backends: [] }, 'pool(chat).backends must have at least one backend, got an empty array'],
    [{ backends: [null] }, 'pool(chat).backends[0] must be an object, got null'],
    [
      { backends: [backend, { ...backend }] },
      'pool(chat).backends[1].id must be unique in its pool, got "a"',
    ],
    [
      { backends: [{ ...backend, weight: 0 }] },
      'pool(chat).backends must have at least one backend with a weight above 0',
    ],
    [
      { backends: [backend], balance: 'round-robin' },
      "pool(chat).balance must be one of 'weighted', 'random', 'least-requests', got \"round-robin\"",
    ],
    [
      { backends: [backend], backend },
      "pool(chat).backend is not an option; did you mean 'backends'?",
    ],
    [
      { backends: [backend], retry: { maxAttempts: 0 } },
      'pool(chat).retry.maxAttempts must be a positive integer, got 0',
    ],
    [
      { backends: [backend], retry: { statusCodes: ['503-500'] } },
      'pool(chat).retry.statusCodes[0] must be a status from 100 to 599, or a range such as \'500-599\', got "503-500"',
    ],
    [
      { backends: [backend], timeouts: { headerMs: 1 } },
      "pool(chat).timeouts.headerMs is not an option; did you mean 'headersMs'?",
    ],
    [
      { backends: [backend], timeouts: { connectMs: 0 } },
      'pool(chat).timeouts.connectMs must be a finite number of milliseconds above 0, got 0',
    ],
    [
      { backends: [backend], queue: {} },
      'pool(chat).queue.maxQueueLength must be an integer of at least 0, got undefined',
    ],
    [
      { backends: [backend], queue: { maxQueueLength: -1 } },
      'pool(chat).queue.maxQueueLength must be an integer of at least 0, got -1',
    ],
    [
      { backends: [backend], breaker: { failureCount: 1, failurePercentage: 50 } },
      'pool(chat).breaker.failurePercentage cannot stand beside failureCount: a rule has one threshold, got 50',
    ],
    [
      { backends: [backend], affinity: {} },
      "pool(chat).affinity must have exactly one of 'header', 'cookie' and 'key'",
    ],
  ])('refuse %j', (options, message) => {
    expect(problem(options).message).toBe(message);
  });

  it.each([null, '', 5])('refuse the name %j', (name) => {
    expect(problem({ backends: [backend] }, name).path).toBe('pool name');
  });
});

describe('the options of a backend', () => {
  it.each<[object, string]>([
    [{ id: '' }, 'id must be a non-empty string, got ""'],
    [{ id: 7 }, 'id must be a non-empty string, got 7'],
    [{ url: 'a.test' }, "url must be an absolute 'http:' or 'https:' URL, got \"a.test\""],
    [
      { url: 'ftp://a.test' },
      "url must be an absolute 'http:' or 'https:' URL, got \"ftp://a.test\"",
    ],
    [{ url: '' }, "url must be an absolute 'http:' or 'https:' URL, got \"\""],
    [{ url: undefined }, "must have exactly one of 'url' and 'handler'"],
    [{ url: 'https://a.test/?key=v' }, 'url must not have a query or a fragment'],
    [{ url: new URL('https://a.test/#f') }, 'url must not have a query or a fragment'],
    [{ weight: -1 }, 'weight must be a finite number of at least 0, got -1'],
    [{ weight: Number.NaN }, 'weight must be a finite number of at least 0, got NaN'],
    [{ weight: '1' }, 'weight must be a finite number of at least 0, got "1"'],
    [
      { weight: Number.POSITIVE_INFINITY },
      'weight must be a finite number of at least 0, got Infinity',
    ],
    [{ priority: Number.NaN }, 'priority must be a finite number, got NaN'],
    [{ maxCount: 0 }, 'maxCount must be a positive integer, got 0'],
    [{ wieght: 1 }, "wieght is not an option; did you mean 'weight'?"],
    [{ breaker: true }, 'breaker must be an object, got true'],
    [{ breaker: {} }, 'breaker must have failureCount or failurePercentage'],
  ])('refuse %j', (part, message) => {
    expect(problem(withBackend(part)).message).toBe(
      `pool(chat).backends[0]${message.startsWith('must') ? ' ' : '.'}${message}`,
    );
  });
});
