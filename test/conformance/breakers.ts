import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, refuses } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

/** Rules 5 to 8, seen from outside. */
export function describeBreakers(host: AdapterHost): void {
  const serveTripping = async (answer: Answer, rule = {}) => {
    const clock = new FakeClock();
    const served = await serve(host, {
      backends: { ptu: answer, payg: answers(200, 'payg') },
      each: {
        ptu: {
          breaker: {
            failureCount: 3,
            intervalMs: 10_000,
            statusCodes: [429],
            tripDurationMs: 60_000,
            acceptRetryAfter: true,
            ...rule,
          },
        },
      },
      spillway: { clock },
    });
    const state = () => served.pool.status().backends[0]?.breaker;
    return { clock, ...served, state };
  };

  describe('breakers', () => {
    it('spare a tripped backend until its answer said, then try it with one request', async () => {
      const { clock, origin, counts, backends, state, pool } = await serveTripping(refuses(7));
      for (let index = 0; index < 5; index++) {
        expect((await call(origin, '/')).text).toBe('payg');
      }
      expect(counts()).toEqual({ ptu: 3, payg: 5 });
      expect(state()).toEqual({ state: 'open', trips: 1, remainingMs: 7_000 });
      clock.advance(6_999);
      await call(origin, '/');
      expect(counts().ptu).toBe(3);
      clock.advance(1);
      expect(state()?.state).toBe('half-open');

      const { promise: verdict, resolve: decide } = Promise.withResolvers<void>();
      backends.ptu.answer = async (_request, response) => {
        await verdict;
        response.end('ptu');
      };
      const trial = call(origin, '/');
      await backends.ptu.request(3);
      const meanwhile = await Promise.all(Array.from({ length: 5 }, () => call(origin, '/')));
      expect(new Set(meanwhile.map(({ text }) => text))).toEqual(new Set(['payg']));
      expect(counts().ptu).toBe(4);
      decide();
      expect((await trial).text).toBe('ptu');
      expect(state()).toMatchObject({ state: 'closed', trips: 1 });
      expect((await call(origin, '/')).text).toBe('ptu');
      await until(() => expect(pool.status().running).toBe(0));
    });

    it('trip again when the trial is refused, and its caller sees nothing of it', async () => {
      const { clock, origin, counts, state } = await serveTripping(refuses(7));
      for (let index = 0; index < 3; index++) await call(origin, '/');
      clock.advance(7_000);
      expect((await call(origin, '/', { method: 'POST', body: 'x' })).text).toBe('payg');
      expect(state()).toEqual({ state: 'open', trips: 2, remainingMs: 7_000 });
      expect(counts()).toEqual({ ptu: 4, payg: 4 });
    });

    it('close at the head of the trial although its body goes on', async () => {
      const { clock, origin, backends, state } = await serveTripping(refuses(7));
      for (let index = 0; index < 3; index++) await call(origin, '/');
      clock.advance(7_000);
      const { promise: end, resolve: finish } = Promise.withResolvers<void>();
      backends.ptu.answer = async (_request, response) => {
        response.write('begun');
        await end;
        response.end();
      };
      const trial = call(origin, '/');
      await until(() => expect(state()?.state).toBe('closed'));
      finish();
      expect((await trial).text).toBe('begun');
    });

    it.each<[string, Record<string, string>, number]>([
      ['milliseconds first', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
      ['whole seconds', { 'retry-after': '9' }, 9_000],
      [
        'a date',
        {
          date: 'Sun, 06 Nov 1994 08:49:37 GMT',
          'retry-after': 'Sun, 06 Nov 1994 08:49:49 GMT',
        },
        12_000,
      ],
      ['of requests', { 'x-ratelimit-reset-requests': '11' }, 11_000],
      ['of tokens', { 'x-ratelimit-reset-tokens': '13' }, 13_000],
      ['hyphenated', { 'x-rate-limit-reset-tokens': '55' }, 55_000],
      ['zero', { 'retry-after': '0' }, 60_000],
      ['negative', { 'retry-after': '-1' }, 60_000],
      ['nonsense', { 'retry-after': 'soon' }, 60_000],
      ['none', {}, 60_000],
      ['a day, capped', { 'retry-after': '86400' }, 120_000],
    ])('wait as long as the answer asks: %s', async (_, headers, expected) => {
      const { origin, state } = await serveTripping(answers(429, '', headers), { failureCount: 1 });
      await call(origin, '/');
      expect(state()?.remainingMs).toBe(expected);
    });

    it('count only what the rule names', async () => {
      const { origin, backends, state } = await serveTripping(answers(500));
      for (let index = 0; index < 5; index++) await call(origin, '/');
      expect(state()).toMatchObject({ state: 'closed', trips: 0 });
      backends.ptu.answer = (request) => void request.socket.destroy();
      for (let index = 0; index < 3; index++) await call(origin, '/');
      expect(state()).toMatchObject({ state: 'open', trips: 1 });
    });

    it('count an answer that breaks off as a failure', async () => {
      const { origin, state } = await serveTripping((request, response) => {
        response.writeHead(200, { 'content-length': 10 });
        response.write('12345', () => request.socket.destroy());
      });
      for (let index = 0; index < 3; index++) {
        await expect(call(origin, '/')).rejects.toThrow();
      }
      await until(() => expect(state()).toMatchObject({ state: 'open', trips: 1 }));
    });

    it('forget failures that are older than the interval', async () => {
      const { clock, origin, state } = await serveTripping(refuses());
      for (let index = 0; index < 6; index++) {
        await call(origin, '/');
        clock.advance(5_001);
      }
      expect(state()).toMatchObject({ state: 'closed', trips: 0 });
    });
  });
}
