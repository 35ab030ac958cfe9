import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, hangs } from '../support/backend.ts';
import { call, nextChunk, open, read, untilFull } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

/** `timeouts`, with a clock of the test's where that is possible. */
export function describeTimeouts(host: AdapterHost): void {
  describe('timeouts', () => {
    it('headersMs ends an attempt: another serves a GET', async () => {
      const clock = new FakeClock();
      const { origin, backends, pool } = await serve(host, {
        backends: { silent: hangs, other: answers(200, 'other') },
        pool: { timeouts: { headersMs: 300 } },
        spillway: { clock },
      });
      const called = call(origin, '/');
      const received = await backends.silent.request();
      clock.advance(299);
      expect(pool.status().running).toBe(1);
      clock.advance(1);
      expect((await called).text).toBe('other');
      expect(await received.closed).toBe('aborted');
      expect(pool.status().backends[0]?.attempts.timeout).toBe(1);
    });

    it('headersMs ends an attempt: a POST is answered with 504', async () => {
      const { origin, counts } = await serve(host, {
        backends: { silent: hangs, other: answers(200) },
        pool: { timeouts: { headersMs: 40 } },
      });
      const called = await call(origin, '/', { method: 'POST', body: 'x' });
      expect([called.status, called.json().code]).toEqual([504, 'gateway_timeout']);
      expect(counts()).toEqual({ silent: 1, other: 0 });
    });

    it('headersMs is kept with real time: it neither waits for a second nor more', async () => {
      const { origin } = await serve(host, {
        backends: { silent: hangs },
        pool: { timeouts: { headersMs: 50 } },
      });
      const before = performance.now();
      expect((await call(origin, '/')).status).toBe(504);
      expect(performance.now() - before).toBeLessThan(600);
    });

    it('headersMs counts from the last byte of the request', async () => {
      const clock = new FakeClock();
      const { origin, backends } = await serve(host, {
        backends: { only: answers(200, 'served') },
        pool: { timeouts: { headersMs: 100, bodyMs: 10_000 } },
        spillway: { clock },
      });
      const { request, response } = open(origin, '/', { method: 'POST' });
      request.write('a');
      const received = await backends.only.request();
      await until(() => expect(received.bytes).toBe(1));
      // The caller takes its time, which is not the backend's fault.
      clock.advance(60_000);
      request.end('b');
      expect((await read(await response)).text).toBe('served');
    });

    it('bodyMs cuts off an answer that stalls', async () => {
      const clock = new FakeClock();
      const { origin, settled, pool } = await serve(host, {
        backends: { only: (_request, response) => void response.write('begun') },
        pool: { timeouts: { bodyMs: 200 } },
        spillway: { clock },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const answer = await response;
      expect(await nextChunk(answer)).toBe('begun');
      await delay(5);
      clock.advance(201);
      await expect(read(answer)).rejects.toThrow('aborted');
      await settled();
      expect(pool.status().backends[0]?.attempts.timeout).toBe(1);
    });

    it('bodyMs does not count while the caller does not read', async () => {
      const clock = new FakeClock();
      const size = 60_000_000;
      const { origin, pool, server } = await serve(host, {
        backends: { only: answers(200, Buffer.alloc(size)) },
        pool: { timeouts: { bodyMs: 200 } },
        spillway: { clock },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const [, passedOn] = (await once(server, 'request')) as [unknown, ServerResponse];
      const answer = await response;
      answer.pause();
      await untilFull(passedOn);
      clock.advance(299_000);
      expect(pool.status().running).toBe(1);
      expect((await read(answer)).body.length).toBe(size);
    });

    it('bodyMs starts anew with each chunk', async () => {
      const clock = new FakeClock();
      const { origin } = await serve(host, {
        backends: {
          only: async (_request, response) => {
            for (let index = 0; index < 10; index++) {
              response.write('x');
              await delay(3);
              clock.advance(150);
            }
            response.end();
          },
        },
        pool: { timeouts: { bodyMs: 1_000 } },
        spillway: { clock },
      });
      expect((await call(origin, '/')).text).toBe('xxxxxxxxxx');
    });
  });
}
