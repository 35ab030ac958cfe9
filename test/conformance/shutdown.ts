import { Agent, request as httpRequest } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, hangs } from '../support/backend.ts';
import { call, nextChunk, open, rawCaller, read } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';

/** Rule 22. */
export function describeShutdown(host: AdapterHost): void {
  const waitsFor =
    (verdict: Promise<void>): Answer =>
    async (_request, response) => {
      await verdict;
      response.end('in the end');
    };

  describe('shutdown', () => {
    it('lets what runs end, takes no new connections, then is done', async () => {
      const { promise: verdict, resolve: decide } = Promise.withResolvers<void>();
      const { origin, server, spillway, backends } = await serve(host, {
        backends: { only: waitsFor(verdict) },
      });
      const running = call(origin, '/');
      await backends.only.request();
      const done = spillway.shutdown({ server });
      expect(spillway.status().shuttingDown).toBe(true);
      await expect(call(origin, '/')).rejects.toThrow('ECONNREFUSED');
      decide();
      expect((await running).text).toBe('in the end');
      await within(3_000, done);
      expect(server.listening).toBe(false);
      await until(() => expect(backends.only.sockets.size).toBe(0));
    });

    it('is idempotent', async () => {
      const { server, spillway } = await serve(host, { backends: { only: answers(200) } });
      const first = spillway.shutdown({ server });
      const second = spillway.shutdown({ server, timeoutMs: 1 });
      await within(3_000, Promise.all([first, second]));
      await within(3_000, spillway.shutdown());
    });

    it('lets what waits in the queue be served', async () => {
      const { promise: verdict, resolve: decide } = Promise.withResolvers<void>();
      const { origin, server, spillway, backends, pool } = await serve(host, {
        backends: { only: waitsFor(verdict) },
        each: { only: { maxCount: 1 } },
        pool: { queue: { maxQueueLength: 5 } },
      });
      const running = call(origin, '/');
      await backends.only.request();
      const waiting = call(origin, '/');
      await until(() => expect(pool.status().waiting).toBe(1));
      const done = spillway.shutdown({ server });
      decide();
      expect((await running).status).toBe(200);
      expect((await waiting).status).toBe(200);
      await within(3_000, done);
    });

    it('answers what is left after timeoutMs with 503, and cuts what has begun', async () => {
      const { origin, server, spillway, backends, pool } = await serve(host, {
        backends: { only: hangs },
        each: { only: { maxCount: 2 } },
        pool: { queue: { maxQueueLength: 5 } },
      });
      const running = call(origin, '/');
      await backends.only.request();
      backends.only.answer = (_request, response) => void response.write('begun');
      const { request, response } = open(origin, '/');
      request.end();
      const begun = await response;
      expect(await nextChunk(begun)).toBe('begun');
      const waiting = call(origin, '/');
      await until(() => expect(pool.status().waiting).toBe(1));
      const done = spillway.shutdown({ server, timeoutMs: 50 });
      for (const left of [await running, await waiting]) {
        expect([left.status, left.json().code]).toEqual([503, 'shutting_down']);
        expect(Number(left.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      }
      await expect(read(begun)).rejects.toThrow('aborted');
      await within(3_000, done);
      expect(pool.status()).toMatchObject({ running: 0, waiting: 0 });
      await until(() => expect(backends.only.sockets.size).toBe(0));
    });

    it('ends what drains, and rollouts, before it is done', async () => {
      const clock = new FakeClock();
      const { origin, server, spillway, backends, pool } = await serve(host, {
        backends: { old: hangs, v1: answers(200), v2: answers(200) },
        each: { v2: { priority: 2 } },
        spillway: { clock },
      });
      const running = call(origin, '/');
      await backends.old.request();
      const ends: string[] = [];
      void pool.remove('old', { drain: true }).then(() => ends.push('removed'));
      const rollout = pool.rollout({ to: 'v2', steps: [0.5], intervalMs: 1_000 });
      void rollout.done.then((state) => ends.push(state));
      const done = spillway.shutdown({ server, timeoutMs: 50 });
      clock.advance(50);
      await within(3_000, done);
      expect(ends.sort()).toEqual(['removed', 'superseded']);
      expect((await running).status).toBe(503);
      expect(clock.pendingTimers).toBe(0);
    });

    it('takes requests until readinessDelayMs is over', async () => {
      const clock = new FakeClock();
      const { origin, server, spillway } = await serve(host, {
        backends: { only: answers(200) },
        spillway: { clock },
      });
      const done = spillway.shutdown({ server, readinessDelayMs: 5_000 });
      expect(spillway.status().shuttingDown).toBe(true);
      clock.advance(4_999);
      expect((await call(origin, '/')).status).toBe(200);
      clock.advance(1);
      await within(3_000, done);
      await expect(call(origin, '/')).rejects.toThrow('ECONNREFUSED');
    });

    it('closes connections that are kept alive, idle ones at once', async () => {
      const { promise: verdict, resolve: decide } = Promise.withResolvers<void>();
      const { origin, server, spillway, backends } = await serve(host, {
        backends: { only: answers(200, 'answered at once') },
      });
      const agent = new Agent({ keepAlive: true });
      onTestFinished(() => agent.destroy());
      const idle = await rawCaller(origin);
      idle.socket.write('OPTIONS /idle HTTP/1.1\r\nHost: a\r\n\r\n');
      await idle.until('answered at once');
      backends.only.answer = waitsFor(verdict);
      const { hostname, port } = new URL(origin);
      const answered = new Promise<import('node:http').IncomingMessage>((resolve) => {
        httpRequest({ hostname, port, agent }, resolve).end();
      });
      await backends.only.request(1);
      const done = spillway.shutdown({ server });
      await idle.until('never');
      decide();
      const answer = await answered;
      expect(answer.headers.connection).toBe('close');
      expect((await read(answer)).text).toBe('in the end');
      await within(3_000, done);
    });

    it('is not held up beyond timeoutMs by a connection that never asked anything', async () => {
      const { origin, server, spillway } = await serve(host, { backends: { only: answers(200) } });
      const silent = await rawCaller(origin);
      await within(3_000, spillway.shutdown({ server, timeoutMs: 50 }));
      await silent.until('never');
    });

    it('without a server refuses further requests with 503', async () => {
      const { origin, spillway, counts } = await serve(host, { backends: { only: answers(200) } });
      await within(3_000, spillway.shutdown());
      const called = await call(origin, '/', { method: 'POST', body: 'x' });
      expect([called.status, called.json().code]).toEqual([503, 'shutting_down']);
      expect(counts()).toEqual({ only: 0 });
    });

    it('leaves no timer of the injected clock', async () => {
      const clock = new FakeClock();
      const { origin, server, spillway } = await serve(host, {
        backends: { a: answers(429), b: answers(200) },
        pool: { breaker: { failureCount: 1 }, queue: { maxQueueLength: 1 } },
        spillway: { clock },
      });
      await call(origin, '/');
      expect(clock.pendingTimers).toBeGreaterThan(0);
      await within(3_000, spillway.shutdown({ server }));
      expect(clock.pendingTimers).toBe(0);
    });
  });
}
