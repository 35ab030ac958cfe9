import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  isSpillwayError,
  type ProblemCode,
  ProblemError,
  RejectedError,
  SpillwayError,
  UpstreamError,
} from './errors.ts';

describe('a problem', () => {
  it.each<[ProblemCode, number]>([
    ['queue_full', 429],
    ['queue_timeout', 503],
    ['circuit_open', 503],
    ['shutting_down', 503],
    ['no_backend', 503],
    ['bad_gateway', 502],
    ['gateway_timeout', 504],
    ['request_timeout', 504],
    ['body_consumed', 500],
    ['caller_timeout', 408],
  ])('%s has the status %d and a title', (code, status) => {
    const error = new RejectedError(code, { policy: 'chat', detail: 'why' });
    expect(error).toMatchObject({ code, status, policy: 'chat', detail: 'why' });
    expect(error.title).not.toBe('');
    expect(error.retryAfterMs).toBeUndefined();
  });

  it('may have another status, a wait and a cause', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new UpstreamError('queue_full', {
      policy: 'reports',
      detail: 'its queue is full',
      status: 503,
      retryAfterMs: 0,
      cause,
    });
    expect(error).toMatchObject({ status: 503, retryAfterMs: 0, cause });
    expect(error.message).toBe('reports: its queue is full');
    expect(error.name).toBe('UpstreamError');
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toBeInstanceOf(SpillwayError);
  });
});

describe('isSpillwayError', () => {
  it('knows its own, also those of another copy of the package', () => {
    expect(isSpillwayError(new ConfigurationError('a', 'must be b'))).toBe(true);
    const foreign = { [Symbol.for('spillway.error')]: true, code: 'queue_full' };
    expect(isSpillwayError(foreign)).toBe(true);
  });

  it.each([undefined, null, 'error', new Error('other'), { code: 'queue_full' }])(
    'does not take %s for one',
    (value) => {
      expect(isSpillwayError(value)).toBe(false);
    },
  );
});

describe('ConfigurationError', () => {
  it.each<[unknown, string]>([
    ['text', '"text"'],
    ['quo"te\n', '"quo\\"te\\n"'],
    [0, '0'],
    [Number.NaN, 'NaN'],
    [5n, '5n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [[], 'an empty array'],
    [['secret'], 'an array'],
    [{ key: 'secret' }, 'an object'],
    [Object.create(null), 'an object'],
  ])('shows %s as %s', (value, shown) => {
    const error = new ConfigurationError('pool(chat).balance', 'must be known', value);
    expect(error.message).toBe(`pool(chat).balance must be known, got ${shown}`);
    expect(error).toMatchObject({
      name: 'ConfigurationError',
      code: 'invalid_configuration',
      path: 'pool(chat).balance',
      rule: 'must be known',
      value,
    });
  });

  it('shows no value when it is given none', () => {
    expect(new ConfigurationError('a.b', 'must be c').message).toBe('a.b must be c');
  });
});
