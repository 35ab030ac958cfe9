import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AnswerHeaders, askedWaitMs } from './asked-wait.ts';

const NOW = Date.parse('2026-05-14T10:00:00Z');
const HTTP_DATE = 'Thu, 14 May 2026 10:00:33 GMT';
const NAMES = [
  'retry-after-ms',
  'retry-after',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'x-rate-limit-reset-tokens',
];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('askedWaitMs', () => {
  it.each<[AnswerHeaders, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after-ms': '43' }, 43],
    [{ 'retry-after-ms': '42.5' }, 42.5],
    [{ 'retry-after': '33' }, 33_000],
    [{ 'retry-after': ' 33 ' }, 33_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '86400' }, 86_400_000],
    [{ 'x-ratelimit-reset-requests': '7' }, 7_000],
    [{ 'x-ratelimit-reset-tokens': '9' }, 9_000],
    [{ 'x-rate-limit-reset-tokens': '55' }, 55_000],
    [{ 'retry-after': ['12', '40'] }, 12_000],
  ])('reads %j', (headers, waitMs) => {
    expect(askedWaitMs(headers)).toBe(waitMs);
  });

  it('reads the durations that OpenAI sends', () => {
    const read = (value: string) => [
      askedWaitMs({ 'x-ratelimit-reset-requests': value }),
      askedWaitMs({ 'x-ratelimit-reset-tokens': value }),
    ];
    expect(read('20ms')).toEqual([20, 20]);
    expect(read('1s')).toEqual([1_000, 1_000]);
    expect(read('8.64s')).toEqual([8_640, 8_640]);
    expect(read('6m0s')).toEqual([360_000, 360_000]);
    expect(read('1h2m3s')).toEqual([3_723_000, 3_723_000]);
    expect(read('1h')).toEqual([3_600_000, 3_600_000]);
    expect(read('2m')).toEqual([120_000, 120_000]);
  });

  it('takes the first header of the order that says something', () => {
    const all: Record<string, string> = {};
    NAMES.forEach((name, index) => {
      all[name] = String(index + 1);
    });
    const read = NAMES.map((name) => {
      const waitMs = askedWaitMs(all);
      delete all[name];
      return waitMs;
    });
    expect(read).toEqual([1, 2_000, 3_000, 4_000, 5_000]);
  });

  it.each([
    '',
    ' ',
    '0',
    '0.0',
    '-1',
    '-0',
    'soon',
    'NaN',
    'Infinity',
    '1e3',
    '0x10',
    '1,5',
    '+5',
    '-2050',
    '2050-01-01',
  ])('passes over %j', (garbage) => {
    for (const name of NAMES) expect(askedWaitMs({ [name]: garbage })).toBeUndefined();
    expect(askedWaitMs({ 'retry-after-ms': garbage, 'retry-after': '2' })).toBe(2_000);
    expect(askedWaitMs({ 'retry-after': garbage, 'x-ratelimit-reset-tokens': '3' })).toBe(3_000);
  });

  it.each(['0s', '0ms', '-6m', '6m 0s', 's', '5x', '1.5m'])(
    'passes over the duration %j',
    (value) => {
      expect(askedWaitMs({ 'x-ratelimit-reset-requests': value })).toBeUndefined();
    },
  );
});

describe('a date in Retry-After', () => {
  it("is measured from the answer's own Date", () => {
    const headers = { 'retry-after': HTTP_DATE, date: 'Thu, 14 May 2026 10:00:30 GMT' };
    expect(askedWaitMs(headers)).toBe(3_000);
  });

  it.each([undefined, 'yesterday', ''])('is measured from our time when Date is %j', (date) => {
    expect(askedWaitMs({ 'retry-after': HTTP_DATE, date })).toBe(33_000);
  });

  it('is as absent when it has passed', () => {
    const headers = { 'retry-after': HTTP_DATE, date: HTTP_DATE };
    expect(askedWaitMs(headers)).toBeUndefined();
    expect(askedWaitMs({ ...headers, 'x-ratelimit-reset-tokens': '4' })).toBe(4_000);
    expect(askedWaitMs({ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' })).toBeUndefined();
  });

  it('may have the form of RFC 850', () => {
    expect(askedWaitMs({ 'retry-after': 'Thursday, 14-May-26 10:00:33 GMT' })).toBe(33_000);
  });

  // RFC 9110 §5.6.7: recipients MUST accept it, and MUST read it as UTC.
  it('may have the form of asctime, which is in UTC wherever the process runs', () => {
    vi.stubEnv('TZ', 'America/New_York');
    expect(new Date(NOW).getTimezoneOffset()).not.toBe(0);
    expect(askedWaitMs({ 'retry-after': 'Thu May 14 10:00:33 2026' })).toBe(33_000);
  });

  // Date.parse reads a year into the first, a day and a year into the second.
  it.each(['wait 2050', 'retry after 2049-01-01'])('is not seen in %j', (garbage) => {
    expect(askedWaitMs({ 'retry-after': garbage })).toBeUndefined();
  });
});

describe('whatever an answer says', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 300 });
  const value = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.double().map(String),
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    digits,
    fc.tuple(digits, fc.constantFrom('h', 'm', 's', 'ms')).map((parts) => parts.join('')),
  );
  const headers = fc.dictionary(fc.constantFrom(...NAMES, 'date'), value);

  it('the wait is a finite number above 0, or there is none', () => {
    fc.assert(
      fc.property(headers, (sent) => {
        const waitMs = askedWaitMs(sent);
        if (waitMs === undefined) return;
        expect(Number.isFinite(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThan(0);
      }),
      { numRuns: 3_000, seed: 8 },
    );
  });

  it('no number is so large that the wait has no end', () => {
    const nines = '9'.repeat(400);
    for (const name of NAMES) {
      for (const unit of ['', 's', 'ms', 'h']) {
        expect(askedWaitMs({ [name]: nines + unit })).toBeUndefined();
      }
    }
  });
});
