import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, hangs, startBackend } from '../support/backend.ts';
import { call, keepAsking, nextChunk, open, read } from '../support/caller.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

/** Pools that are given other options while requests run. */
export function describeReconfiguration(host: AdapterHost): void {
  describe('other options', () => {
    it('under load fail no request, and take no key to where it does not belong', async () => {
      const elsewhere = await startBackend(answers(200));
      const { origin, backends, pool } = await serve(host, {
        backends: { a: answers(200), b: answers(200) },
        each: { b: { priority: 1 } },
      });
      const here = backends.a;
      // Who is asked with another's key refuses.
      for (const [backend, key] of [
        [here, 'here'],
        [elsewhere, 'elsewhere'],
      ] as const) {
        backend.answer = (request, response, received) =>
          answers(request.headers['api-key'] === key ? 200 : 401)(request, response, received);
      }
      const optionsOf = (change: number) => ({
        backends: [
          {
            id: 'a',
            ...(change % 2 === 0
              ? { url: here.url, headers: { 'api-key': 'here' } }
              : { url: elsewhere.url, headers: { 'api-key': 'elsewhere' } }),
            weight: 1 + (change % 3),
            maxCount: 5 + (change % 4) * 5,
          },
          ...(change % 5 === 0 ? [] : [{ id: 'b', url: backends.b.url, maxCount: 20 }]),
        ],
        queue: { maxQueueLength: 100 },
        timeouts: { headersMs: 5_000 + change },
      });
      pool.reconfigure(optionsOf(0));
      const stopAsking = keepAsking(origin);
      for (let change = 1; change <= 60; change++) {
        pool.reconfigure(optionsOf(change));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      const { served, failures } = await stopAsking();
      expect(failures).toEqual([]);
      expect(served).toBeGreaterThan(60);
      expect(here.received.length).toBeGreaterThan(0);
      expect(elsewhere.received.length).toBeGreaterThan(0);
    });

    it('let what runs end where it began, and lead to another URL from then on', async () => {
      const elsewhere = await startBackend(answers(200, 'elsewhere'));
      let end = () => {};
      const { origin, backends, pool } = await serve(host, {
        backends: {
          a: (_request, response) => {
            response.write('begun');
            end = () => response.end(' and ended');
          },
        },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const answer = await response;
      await nextChunk(answer);
      pool.reconfigure({ backends: [{ id: 'a', url: `${elsewhere.url}/base`, maxCount: 9 }] });
      expect((await call(origin, '/x')).text).toBe('elsewhere');
      expect(elsewhere.received[0]?.url).toBe('/base/x');
      end();
      expect((await read(answer)).text).toContain('and ended');
      expect(backends.a.received).toHaveLength(1);
    });

    it('leave no connection open to where nothing leads any more', async () => {
      const elsewhere = await startBackend(answers(200, 'elsewhere'));
      let end = () => {};
      const { origin, backends, pool } = await serve(host, {
        backends: {
          a: (request, response) => {
            if (request.url === '/idle') response.end();
            else end = () => response.end('in its time');
          },
        },
      });
      const { a } = backends;
      const busy = call(origin, '/busy');
      await a.request(0);
      await call(origin, '/idle');
      expect(a.sockets.size).toBe(2);
      pool.reconfigure({ backends: [{ id: 'a', url: elsewhere.url }] });
      expect((await call(origin, '/')).text).toBe('elsewhere');
      await until(() => expect(a.sockets.size).toBe(1));
      end();
      expect((await busy).text).toBe('in its time');
      await until(() => expect(a.sockets.size).toBe(0));
    });

    it('give attempts that begin from then on their time, and what runs its own', async () => {
      const { origin, backends, pool } = await serve(host, { backends: { a: hangs } });
      const { request, response } = open(origin, '/', { method: 'POST' });
      request.end('first');
      const { a } = backends;
      await a.request(0);
      pool.reconfigure({ backends: [{ id: 'a', url: a.url }], timeouts: { headersMs: 50 } });
      const second = await call(origin, '/', { method: 'POST', body: 'second' });
      expect(second.json()).toMatchObject({ status: 504, code: 'gateway_timeout' });
      expect(pool.status().running).toBe(1);
      request.destroy();
      await expect(response).rejects.toThrow();
    });

    it('cut off what a backend that is gone still has on connections of before', async () => {
      const { origin, backends, pool } = await serve(host, {
        backends: { a: hangs, b: answers(200, 'from b') },
      });
      const { a, b } = backends;
      const get = call(origin, '/');
      await a.request(0);
      const both = [
        { id: 'a', url: a.url, maxCount: 3 },
        { id: 'b', url: b.url, priority: 2 },
      ];
      pool.reconfigure({ backends: both });
      pool.reconfigure({ backends: both.slice(1) }, { drainTimeoutMs: 10 });
      expect((await get).text).toBe('from b');
      await until(() => expect(a.sockets.size).toBe(0));
    });
  });
}
