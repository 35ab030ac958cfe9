import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, hangs, refuses } from '../support/backend.ts';
import { call, nextChunk, open, rawCaller } from '../support/caller.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';

const streamsForEver: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('data: 1\n\n');
};

/** Rules 2 and 14: a caller that leaves takes its attempt with it, and counts as nothing. */
export function describeLeaving(host: AdapterHost): void {
  const breaker = { failureCount: 1, tripDurationMs: 60_000 };

  describe('a caller that leaves', () => {
    it('before the head cancels the attempt', async () => {
      const { origin, backends, settled, pool, counts } = await serve(host, {
        backends: { a: hangs, b: answers(200) },
        pool: { breaker },
      });
      const { request, leave } = open(origin, '/');
      request.end();
      const received = await backends.a.request();
      expect(pool.status().running).toBe(1);
      leave();
      expect(await received.closed).toBe('aborted');
      await settled();
      const { attempts, breaker: state } = pool.status().backends[0] ?? {};
      expect(attempts).toMatchObject({ cancelled: 1, reset: 0, timeout: 0 });
      expect(state).toMatchObject({ state: 'closed', trips: 0 });
      expect(counts()).toEqual({ a: 1, b: 0 });
    });

    it('in the middle of a stream cancels the attempt', async () => {
      const { origin, backends, settled, pool } = await serve(host, {
        backends: { only: streamsForEver },
        pool: { breaker },
      });
      const { request, response, leave } = open(origin, '/');
      request.end();
      await nextChunk(await response);
      leave();
      expect(await (await backends.only.request()).closed).toBe('aborted');
      await settled();
      expect(pool.status().backends[0]?.breaker).toMatchObject({ state: 'closed', trips: 0 });
    });

    it('while it does not read a long answer cancels the attempt', async () => {
      const { origin, backends, settled } = await serve(host, {
        backends: {
          only: (_request, response) => void response.end(Buffer.alloc(80_000_000)),
        },
      });
      const { request, response, leave } = open(origin, '/');
      request.end();
      (await response).pause();
      leave();
      // That it was cut short cannot be asked of Node 22: a destroyed socket has nothing left to write.
      await (await backends.only.request()).closed;
      await settled();
    });

    it.each([
      ['a small body', { 'content-length': '1000' }, 0],
      ['a large body', { 'content-length': '5000000' }, 1],
      ['a chunked body', {}, 1],
    ])('in the middle of %s cancels the attempt', async (_, headers, reaching) => {
      const { origin, backends, settled, pool, counts, server } = await serve(host, {
        backends: { a: hangs, b: answers(200) },
        pool: { breaker },
      });
      const asked = once(server, 'request');
      const { request, leave } = open(origin, '/', { method: 'POST', headers });
      request.write('the beginning');
      await asked;
      if (reaching > 0) await until(() => expect(backends.a.received[0]?.bytes).toBe(13));
      leave();
      await within(3_000, pool.idle());
      await settled();
      expect(counts()).toEqual({ a: reaching, b: 0 });
      expect(pool.status().backends[0]?.breaker).toMatchObject({ state: 'closed', trips: 0 });
    });

    it('while it is queued never reaches a backend, and frees its place', async () => {
      const { origin, backends, settled, pool } = await serve(host, {
        backends: { only: hangs },
        each: { only: { maxCount: 1 } },
        pool: { queue: { maxQueueLength: 1 } },
      });
      const running = open(origin, '/running');
      running.request.end();
      await backends.only.request();
      const queued = open(origin, '/queued');
      queued.request.end();
      await until(() => expect(pool.status().waiting).toBe(1));
      queued.leave();
      await until(() => expect(pool.status().waiting).toBe(0));
      const next = open(origin, '/next');
      next.request.end();
      await until(() => expect(pool.status().waiting).toBe(1));
      running.leave();
      expect((await backends.only.request(1)).url).toBe('/next');
      next.leave();
      await settled();
    });

    it('in the tick in which it asked leaves nothing behind', async () => {
      const { origin, server, settled } = await serve(host, { backends: { only: hangs } });
      const asked = once(server, 'request');
      const { socket } = await rawCaller(origin);
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n', () => socket.resetAndDestroy());
      await asked;
      await settled();
    });

    it('before middleware in front of the proxy is done makes no attempt that lasts', async () => {
      const { promise: gone, resolve: go } = Promise.withResolvers<void>();
      const { origin, server, settled, pool } = await serve(host, {
        backends: { only: streamsForEver },
        app({ app, spillway, pool }) {
          app.before(() => gone);
          app.mount('/', spillway.proxy(pool));
        },
      });
      const asked = once(server, 'request');
      const { request, leave } = open(origin, '/');
      request.end();
      const [, response] = await asked;
      leave();
      await once(response, 'close');
      go();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await settled();
      expect(pool.status().backends[0]?.attempts.success).toBe(0);
    });

    it('with requests that it has pipelined cancels all of them', async () => {
      const { origin, backends, settled, pool } = await serve(host, {
        backends: { only: streamsForEver },
      });
      const { socket } = await rawCaller(origin);
      socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
      await backends.only.request(1);
      expect(pool.status().running).toBe(2);
      socket.destroy();
      await settled();
    });

    it('while a refusal is being answered elsewhere cancels both', async () => {
      const { origin, backends, settled } = await serve(host, {
        backends: {
          a: (_request, response) => {
            response.writeHead(429);
            response.write('a refusal that does not end');
          },
          b: hangs,
        },
      });
      const { request, leave } = open(origin, '/');
      request.end();
      await backends.b.request();
      leave();
      await settled();
    });

    it('does not keep the trial of a tripped breaker for itself', async () => {
      const { origin, backends, settled, pool } = await serve(host, {
        backends: { only: refuses() },
        pool: { breaker: { failureCount: 1, tripDurationMs: 20 } },
      });
      await call(origin, '/');
      await until(() => expect(pool.status().backends[0]?.available).toBe(true));
      backends.only.answer = hangs;
      const { request, leave } = open(origin, '/');
      request.end();
      await backends.only.request(1);
      expect(pool.status().backends[0]).toMatchObject({ available: false });
      leave();
      await settled();
      backends.only.answer = answers(200);
      expect((await call(origin, '/')).status).toBe(200);
      expect(pool.status().backends[0]?.breaker?.state).toBe('closed');
    });
  });
}
