import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import {
  type Reply,
  ScriptedSubmission,
  scriptedPool,
} from '@spillway/test/support/scripted-submission.ts';
import { describe, expect, it } from 'vitest';
import { RejectedError, UpstreamError } from '../errors.ts';

const [a, b, c] = [
  { id: 'a', priority: 1 },
  { id: 'b', priority: 2 },
  { id: 'c', priority: 3 },
];
const breaker = { failureCount: 1, tripDurationMs: 60_000 };

const throttled = (seconds: string): Reply => ({
  status: 429,
  headers: { 'retry-after': seconds },
});

describe('re-submission', () => {
  it('tries every backend once, level by level, and passes the answer of the last one on', () => {
    const pool = scriptedPool({ backends: [c, a, b] });
    const request = new ScriptedSubmission(pool).play({ a: 429, b: 503, c: 200 });
    expect(request.path).toEqual(['a', 'b', 'c']);
    expect(request.answer).toBe(200);
  });

  it('stays in the level while one of its backends has not been tried', () => {
    const pool = scriptedPool({ backends: [{ id: 'a1' }, { id: 'a2' }, { id: 'a3' }, b] });
    const request = new ScriptedSubmission(pool).play({ a1: 429, a2: 429, a3: 429, b: 200 });
    expect(request.path.slice(0, 3).sort()).toEqual(['a1', 'a2', 'a3']);
    expect(request.path[3]).toBe('b');
  });

  it('ends when every backend has been tried', () => {
    const pool = scriptedPool({ backends: [a, b, c] });
    const request = new ScriptedSubmission(pool).play({ a: 429, b: 429, c: 429 });
    expect(request.path).toEqual(['a', 'b', 'c']);
    expect(request.answer).toBe(429);
  });

  it('goes to no backend that is tripped, full, or without weight', () => {
    const pool = scriptedPool({
      backends: [
        a,
        { id: 'tripped', priority: 2, breaker },
        { id: 'full', priority: 2, maxCount: 1, weight: 1e-9 },
        { id: 'weightless', priority: 2, weight: 0 },
        c,
      ],
    });
    new ScriptedSubmission(pool).play({ a: 429, tripped: 500 });
    const occupant = new ScriptedSubmission(pool);
    occupant.begin();
    occupant.head(429);
    expect(occupant.current?.backend.id).toBe('full');
    const request = new ScriptedSubmission(pool).play({ a: 429, c: 200 });
    expect(request.path).toEqual(['a', 'c']);
  });

  it.each([1, 2])('makes no more attempts than maxAttempts %d', (maxAttempts) => {
    const pool = scriptedPool({ backends: [a, b, c], retry: { maxAttempts } });
    const request = new ScriptedSubmission(pool).play({ a: 429, b: 429, c: 200 });
    expect(request.path).toEqual(['a', 'b'].slice(0, maxAttempts));
    expect(request.answer).toBe(429);
  });

  it('passes on at once what retry does not name', () => {
    const pool = scriptedPool({ backends: [a, b], retry: { statusCodes: [503] } });
    expect(new ScriptedSubmission(pool).play({ a: 429 })).toMatchObject({ answer: 429 });
    expect(new ScriptedSubmission(pool).play({ a: 404 })).toMatchObject({ answer: 404 });
    expect(new ScriptedSubmission(pool).play({ a: 503, b: 200 })).toMatchObject({ answer: 200 });
  });

  it('does not repeat a POST that a backend may have acted on', () => {
    const pool = scriptedPool({ backends: [a, b] });
    expect(new ScriptedSubmission(pool).play({ a: 500 })).toMatchObject({ answer: 500 });
    const lost = new ScriptedSubmission(pool).play({ a: 'reset' });
    expect(lost.path).toEqual(['a']);
    expect(lost.problem).toMatchObject({ code: 'bad_gateway', status: 502 });
    const repeated = new ScriptedSubmission(pool, 'PUT').play({ a: 'reset', b: 200 });
    expect(repeated.answer).toBe(200);
  });
});

describe('with nothing left to try', () => {
  it('says 429 and the earliest recovery, known from waits without any breaker', () => {
    const clock = new FakeClock();
    const pool = scriptedPool({ backends: [a, b] }, clock);
    const request = new ScriptedSubmission(pool).play({ a: throttled('30'), b: throttled('12') });
    clock.advance(2_000);
    expect(request.verdict()).toBeInstanceOf(RejectedError);
    expect(request.verdict()).toMatchObject({
      code: 'no_backend',
      status: 429,
      retryAfterMs: 10_000,
    });
  });

  it('says 429 when a backend was out of capacity, whatever happened after', () => {
    const pool = scriptedPool({ backends: [a, b] });
    const request = new ScriptedSubmission(pool).play({ a: throttled('30'), b: 'connect_error' });
    expect(request.problem).toMatchObject({
      code: 'no_backend',
      status: 429,
      retryAfterMs: 30_000,
    });
  });

  it('says 429 when 429s tripped the breakers, with the rest of the shortest trip', () => {
    const clock = new FakeClock();
    const pool = scriptedPool(
      { backends: [a, b], breaker: { ...breaker, acceptRetryAfter: true } },
      clock,
    );
    new ScriptedSubmission(pool).play({ a: throttled('90'), b: throttled('20') });
    clock.advance(5_000);
    const request = new ScriptedSubmission(pool).play({});
    expect(request.path).toEqual([]);
    expect(request.problem).toMatchObject({
      code: 'no_backend',
      status: 429,
      retryAfterMs: 15_000,
    });
  });

  it('says 503 when other failures tripped them', () => {
    const clock = new FakeClock();
    const pool = scriptedPool({ backends: [a, b], breaker }, clock);
    new ScriptedSubmission(pool, 'GET').play({ a: 500, b: 'reset' });
    clock.advance(1_000);
    expect(new ScriptedSubmission(pool).play({}).problem).toMatchObject({
      code: 'no_backend',
      status: 503,
      retryAfterMs: 59_000,
    });
  });

  it('asks for no longer than two minutes, whatever a backend asked for', () => {
    const pool = scriptedPool({ backends: [a] });
    const request = new ScriptedSubmission(pool).play({ a: throttled('86400') });
    expect(request.verdict()).toMatchObject({ retryAfterMs: 120_000 });
  });

  it('says 503 when every backend is at its limit', () => {
    const pool = scriptedPool({ backends: [{ ...a, maxCount: 1 }] });
    new ScriptedSubmission(pool).begin();
    const { problem } = new ScriptedSubmission(pool).play({});
    expect(problem).toBeInstanceOf(RejectedError);
    expect(problem).toMatchObject({
      code: 'no_backend',
      status: 503,
      detail: 'every backend is at its limit',
      retryAfterMs: 0,
    });
  });

  it.each([
    ['connect_error', 'bad_gateway', 502],
    ['reset', 'bad_gateway', 502],
    ['timeout', 'gateway_timeout', 504],
  ] as const)('says after a %s: %s, %d', (failure, code, status) => {
    const pool = scriptedPool({ backends: [a, b] });
    const request = new ScriptedSubmission(pool, 'GET').play({ a: 'reset', b: failure });
    expect(request.path).toEqual(['a', 'b']);
    expect(request.problem).toBeInstanceOf(UpstreamError);
    expect(request.problem).toMatchObject({ code, status, retryAfterMs: undefined });
  });
});
