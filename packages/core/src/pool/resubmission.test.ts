import { describe, expect, it } from 'vitest';
import { mayResubmitAnswer, mayResubmitFailure, readRetryRule } from './resubmission.ts';

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];
const UNSAFE = ['POST', 'PATCH', 'PURGE', 'CONNECT'];
const rule = readRetryRule({}, 'retry');
const unsafe = readRetryRule({ unsafe: true }, 'retry');

describe('readRetryRule', () => {
  it('fills in the defaults', () => {
    expect({ ...rule, statusCodes: [...rule.statusCodes] }).toEqual({
      statusCodes: [429, 500, 502, 503, 504],
      maxAttempts: Number.POSITIVE_INFINITY,
      maxBodyBytes: 1_048_576,
      unsafe: false,
    });
  });
});

describe('an answer', () => {
  it.each([...SAFE, ...UNSAFE])('that refused the work lets %s be sent again', (method) => {
    expect(mayResubmitAnswer(rule, method, 429)).toBe(true);
    expect(mayResubmitAnswer(rule, method, 503)).toBe(true);
  });

  it.each([500, 502, 504])('with %d lets only idempotent methods be sent again', (status) => {
    for (const method of SAFE) expect(mayResubmitAnswer(rule, method, status), method).toBe(true);
    for (const method of UNSAFE)
      expect(mayResubmitAnswer(rule, method, status), method).toBe(false);
    for (const method of UNSAFE) expect(mayResubmitAnswer(unsafe, method, status)).toBe(true);
  });

  it.each([200, 304, 400, 404, 408, 499, 501, 505])('with %d goes to the caller', (status) => {
    for (const method of [...SAFE, ...UNSAFE]) {
      expect(mayResubmitAnswer(rule, method, status)).toBe(false);
      expect(mayResubmitAnswer(unsafe, method, status)).toBe(false);
    }
  });

  it('is judged by the statuses that the rule names', () => {
    const own = readRetryRule({ statusCodes: [404, '520-530'] }, 'retry');
    expect(mayResubmitAnswer(own, 'GET', 404)).toBe(true);
    expect(mayResubmitAnswer(own, 'POST', 404)).toBe(false);
    expect(mayResubmitAnswer(own, 'GET', 525)).toBe(true);
    expect(mayResubmitAnswer(own, 'GET', 429)).toBe(false);
  });
});

describe('a failure without an answer', () => {
  it('lets any method be sent again when nothing of the request was sent', () => {
    for (const method of [...SAFE, ...UNSAFE]) {
      expect(mayResubmitFailure(rule, method, false)).toBe(true);
    }
  });

  it('lets only idempotent methods be sent again otherwise, unless the rule is unsafe', () => {
    for (const method of SAFE) expect(mayResubmitFailure(rule, method, true)).toBe(true);
    for (const method of UNSAFE) expect(mayResubmitFailure(rule, method, true)).toBe(false);
    for (const method of UNSAFE) expect(mayResubmitFailure(unsafe, method, true)).toBe(true);
  });
});
