import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, hangs, refuses, sha256 } from '../support/backend.ts';
import { type Called, call, open } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

const closes: Answer = (request) => void request.socket.destroy();
const tripsAtOnce = { failureCount: 1, tripDurationMs: 30_000, acceptRetryAfter: true };

function problemOf({ status, headers, json }: Called) {
  const { title, detail, ...rest } = json();
  expect({ title, detail }).toEqual({ title: expect.any(String), detail: expect.any(String) });
  expect(headers['content-type']).toBe('application/problem+json');
  expect(rest.status).toBe(status);
  return { status, code: rest.code, retryAfter: headers['retry-after'] };
}

/** Rule 13: what the caller gets when no attempt is left. */
export function describeNothingLeft(host: AdapterHost): void {
  describe('nothing left to try', () => {
    it.each([
      ['two 429s', answers(429, 'one'), answers(429, 'two'), [429, 'two']],
      ['429, then 500', answers(429, 'one'), answers(500, 'two'), [429, 'one']],
      ['500, then 429', answers(500, 'one'), answers(429, 'two'), [429, 'two']],
      ['429, then a broken connection', answers(429, 'one'), closes, [429, 'one']],
      ['a broken connection, then 429', closes, answers(429, 'two'), [429, 'two']],
      ['500, then 503', answers(500, 'one'), answers(503, 'two'), [503, 'two']],
      ['503, then a broken connection', answers(503, 'one'), closes, [503, 'one']],
    ])('gives the answer as it came: %s', async (_, a, b, expected) => {
      const { origin, counts } = await serve(host, { backends: { a, b } });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual(expected);
      expect(counts()).toEqual({ a: 1, b: 1 });
    });

    it.each([
      ['small', 100],
      ['of 64 KiB', 65_536],
      ['above 64 KiB', 65_537],
      ['far above 64 KiB', 3_000_000],
    ])('gives the last answer whole when its body is %s', async (_, size) => {
      const body = Buffer.alloc(size, 'abcdefg');
      const headers = {
        'content-type': 'application/json',
        'retry-after': '17',
        'retry-after-ms': '16500',
        'x-ratelimit-remaining-tokens': '0',
        'x-request-id': 'abc',
        'set-cookie': ['a=1; Path=/', 'b=2'],
      };
      const { origin } = await serve(host, {
        backends: { a: answers(429, 'not this'), b: answers(429, body, headers) },
      });
      const called = await call(origin, '/', { method: 'POST', body: 'x' });
      expect(called.status).toBe(429);
      expect(called.headers).toMatchObject(headers);
      expect([called.body.length, sha256(called.body)]).toEqual([size, sha256(body)]);
    });

    it('gives a held answer whole when it is chunked and the next backend fails', async () => {
      const body = Buffer.alloc(200_000, 'xyz');
      const { origin } = await serve(host, {
        backends: {
          a: (_request, response) => {
            response.writeHead(429);
            response.write(body.subarray(0, 150_000));
            response.end(body.subarray(150_000));
          },
          b: closes,
        },
      });
      const called = await call(origin, '/');
      expect([called.status, sha256(called.body)]).toEqual([429, sha256(body)]);
    });

    it('answers 502 when no backend can be connected to', async () => {
      const { origin, backends } = await serve(host, {
        backends: { a: answers(200), b: answers(200) },
      });
      await Promise.all([backends.a.close(), backends.b.close()]);
      const called = await call(origin, '/', { method: 'POST', body: 'x' });
      expect(problemOf(called)).toEqual({ status: 502, code: 'bad_gateway' });
    });

    it('answers 504 when the last backend took too long', async () => {
      const { origin, counts } = await serve(host, {
        backends: { a: closes, b: hangs },
        pool: { timeouts: { headersMs: 40 } },
      });
      expect(problemOf(await call(origin, '/'))).toEqual({ status: 504, code: 'gateway_timeout' });
      expect(counts()).toEqual({ a: 1, b: 1 });
    });

    it('answers 429 with the earliest recovery when 429s have tripped all', async () => {
      const clock = new FakeClock();
      const { origin, counts } = await serve(host, {
        backends: { a: refuses(50), b: refuses(20) },
        pool: { breaker: tripsAtOnce },
        spillway: { clock },
      });
      expect((await call(origin, '/')).headers['retry-after']).toBe('20');
      clock.advance(4_500);
      const called = await call(origin, '/');
      expect(problemOf(called)).toEqual({ status: 429, code: 'no_backend', retryAfter: '16' });
      expect(counts()).toEqual({ a: 1, b: 1 });
    });

    it('answers 503 with the earliest recovery when failures have tripped all', async () => {
      const clock = new FakeClock();
      const { origin } = await serve(host, {
        backends: { a: answers(500), b: answers(502) },
        each: { b: { breaker: { failureCount: 1, tripDurationMs: 12_000 } } },
        pool: { breaker: tripsAtOnce },
        spillway: { clock },
      });
      await call(origin, '/');
      const called = await call(origin, '/');
      expect(problemOf(called)).toEqual({ status: 503, code: 'no_backend', retryAfter: '12' });
    });

    it('answers 429 when one was tripped by a 429 and the other by failures', async () => {
      const clock = new FakeClock();
      const { origin } = await serve(host, {
        backends: { a: refuses(50), b: answers(500) },
        pool: { breaker: tripsAtOnce },
        spillway: { clock },
      });
      await call(origin, '/');
      const called = await call(origin, '/');
      expect(problemOf(called)).toEqual({ status: 429, code: 'no_backend', retryAfter: '30' });
    });

    it('answers 429 when a 429 tripped one and the other is at its maxCount', async () => {
      const clock = new FakeClock();
      const { origin, backends } = await serve(host, {
        backends: { ptu: refuses(50), payg: hangs },
        each: { payg: { maxCount: 1 } },
        pool: { breaker: tripsAtOnce },
        spillway: { clock },
      });
      open(origin, '/').request.end();
      await backends.payg.request();
      expect(problemOf(await call(origin, '/')).status).toBe(429);
    });

    it('remembers the waits of backends without a breaker', async () => {
      const { origin, pool, backends } = await serve(host, {
        backends: {
          a: (_request, response) => {
            response.writeHead(429, { 'retry-after': '25', 'content-length': 10 });
            response.write('12345');
          },
          b: hangs,
        },
        spillway: { clock: new FakeClock() },
      });
      backends.b.answer = async (request) => {
        // The refusal that could have been passed on is lost before it is whole.
        for (const socket of backends.a.sockets) socket.destroy();
        await until(() => expect(pool.status().backends[0]?.running).toBe(0));
        request.socket.destroy();
      };
      const called = await call(origin, '/');
      expect(problemOf(called)).toEqual({ status: 429, code: 'no_backend', retryAfter: '25' });
    });

    it('counts and tells what it answered itself', async () => {
      const { origin, pool, backends } = await serve(host, { backends: { only: closes } });
      await call(origin, '/');
      await backends.only.close();
      await call(origin, '/');
      await until(() => expect(pool.status().rejections).toEqual({ bad_gateway: 2 }));
    });
  });
}
