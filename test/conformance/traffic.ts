import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, hangs, refuses, startBackend } from '../support/backend.ts';
import { call, keepAsking, nextChunk, open, read } from '../support/caller.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';

/** Rules 16 and 19: shares and backends that change while requests run. */
export function describeTraffic(host: AdapterHost): void {
  const two = { a: { priority: 1 }, b: { priority: 1 } };
  const three = { ...two, c: { priority: 1 } };

  describe('traffic', () => {
    it('is split as it was set last, from the next request on', async () => {
      const { origin, counts, pool } = await serve(host, {
        backends: { a: answers(200), b: answers(200) },
        each: two,
      });
      pool.setTraffic({ a: 0.75, b: 0.25 });
      for (let index = 0; index < 40; index++) await call(origin, '/');
      expect(counts()).toEqual({ a: 30, b: 10 });
      pool.setTraffic({ b: 1 });
      for (let index = 0; index < 10; index++) await call(origin, '/');
      expect(counts()).toEqual({ a: 30, b: 20 });
    });

    it('goes on to a backend that is added, and lets one go that is drained', async () => {
      const added = await startBackend(answers(200, 'added'));
      let end = () => {};
      const { origin, pool } = await serve(host, {
        backends: {
          a: (_request, response) => {
            response.write('begun');
            end = () => response.end('the end');
          },
        },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const answer = await response;
      await nextChunk(answer);
      pool.add({ id: 'added', url: added.url });
      const removed = pool.remove('a', { drain: true });
      expect((await call(origin, '/')).text).toBe('added');
      expect(pool.status().backends[0]).toMatchObject({ id: 'a', draining: true, running: 1 });
      end();
      expect((await read(answer)).text).toBe('the end');
      await within(3_000, removed);
      expect(pool.status().backends.map(({ id }) => id)).toEqual(['added']);
    });

    it('of a backend that is cut off is served by another where it may be', async () => {
      const { origin, backends, pool } = await serve(host, {
        backends: { a: hangs, b: answers(200, 'from b') },
      });
      const get = call(origin, '/');
      await backends.a.request(0);
      const post = call(origin, '/', { method: 'POST', body: 'once' });
      await backends.a.request(1);
      await within(3_000, pool.remove('a'));
      expect((await get).text).toBe('from b');
      expect((await post).json()).toMatchObject({ status: 502, code: 'bad_gateway' });
      await until(() => expect(backends.a.sockets.size).toBe(0));
    });

    it('of a backend that is cut off counts as cancelled, and not against it in a rollout', async () => {
      const { origin, backends, pool } = await serve(host, {
        backends: { old: hangs, new: answers(200) },
        each: { new: { priority: 1, weight: 0 } },
      });
      const [old] = pool.backends;
      const calls = [call(origin, '/'), call(origin, '/'), call(origin, '/')];
      await backends.old.request(2);
      backends.old.answer = (_request, response) => void response.write('begun');
      const { request, response } = open(origin, '/');
      request.end();
      await nextChunk(await response);
      const rollout = pool.rollout({ to: 'new', steps: [0.5], intervalMs: 60_000 });
      await within(3_000, pool.remove('old'));
      for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
      await until(() => expect(old?.outcomes().get('cancelled')).toBe(4));
      expect(pool.status().rollouts[0]).toMatchObject({ oldRequests: 0, requests: 3 });
      rollout.abort();
    });

    it('changes under load without a failed request, or one to a backend that is gone', async () => {
      const { origin, backends, pool } = await serve(host, {
        backends: { a: answers(200), b: answers(200), c: answers(200) },
        each: three,
      });
      const stopAsking = keepAsking(origin);
      const url = backends.c.url;
      for (let change = 0; change < 60; change++) {
        const share = (change % 10) / 10;
        if (change % 3 === 0) pool.setTraffic({ a: share, b: 1 - share });
        else if (change % 3 === 1) await pool.remove('c', { drain: true });
        else {
          const before = backends.c.received.length;
          await call(origin, '/');
          expect(backends.c.received.length).toBe(before);
          pool.add({ id: 'c', url });
          pool.setTraffic({ a: 0.4, b: 0.3, c: 0.3 });
        }
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      const { served, failures } = await stopAsking();
      expect(failures).toEqual([]);
      expect(served).toBeGreaterThan(100);
    });

    it('that is refused leaves everything as it was', async () => {
      const { origin, counts, pool } = await serve(host, {
        backends: { a: answers(200), b: refuses() },
      });
      expect(() => pool.setTraffic({ a: 0.5, b: 0.5 })).toThrow(
        '["b"] must be of the same priority',
      );
      await call(origin, '/');
      expect(counts()).toEqual({ a: 1, b: 0 });
    });
  });
}
