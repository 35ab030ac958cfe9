import { pipeline, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../../support/adapter-host.ts';
import { call, nextChunk, open, rawCaller } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until } from '../../support/until.ts';

/** Rule 2: what becomes of a slot when its caller leaves, or its handler goes wrong. */
export function describeRouteLeaving(host: AdapterHost): void {
  const limits = { maxCount: 1, maxQueueLength: 5 };
  const behindGate = async (abandonMs = 10_000) => {
    const clock = new FakeClock();
    const shop = workshop();
    const served = await serveApp(
      host,
      (app, spillway) => {
        const gate = spillway.limitConcurrency({ name: 'gate', ...limits, abandonMs });
        app.route('/', [gate], shop.handler);
        app.onError((error) => ({ status: 555, body: (error as Error).message }));
      },
      { clock },
    );
    const gate = () => {
      const { running, waiting } = served.spillway.status().gates.gate ?? {};
      return { running, waiting };
    };
    const becomes = (running: number, waiting: number) =>
      until(() => expect(gate()).toEqual({ running, waiting }));
    return { ...served, clock, shop, gate, becomes };
  };
  const begin = (origin: string) => {
    const opened = open(origin, '/');
    opened.request.end();
    return opened;
  };

  describe('a caller that leaves', () => {
    it('while it waits never reaches the handler, and its place is free at once', async () => {
      const { origin, shop, becomes } = await behindGate();
      const running = call(origin, '/');
      const job = await shop.job(0);
      const { leave } = begin(origin);
      await becomes(1, 1);
      const last = call(origin, '/', { headers: { 'x-number': 3 } });
      await becomes(1, 2);
      leave();
      await becomes(1, 1);
      job.finish();
      const next = await shop.job(1);
      expect(next.call.request.headers['x-number']).toBe('3');
      next.finish();
      await Promise.all([running, last]);
      expect(shop.jobs).toHaveLength(2);
    });

    it('while it runs keeps its slot until the handler ends, and the handler is told', async () => {
      const { origin, shop, becomes, gate } = await behindGate();
      const { leave } = begin(origin);
      const job = await shop.job(0);
      const next = call(origin, '/');
      await becomes(1, 1);
      expect(job.call.signal.aborted).toBe(false);
      leave();
      await until(() => expect(job.call.signal.aborted).toBe(true));
      expect(job.call.signal.reason).toMatchObject({ name: 'AbortError' });
      expect(gate()).toEqual({ running: 1, waiting: 1 });
      expect(shop.atWork).toBe(1);
      job.finish();
      (await shop.job(1)).finish();
      expect((await next).status).toBe(200);
      expect(shop.mostAtWork).toBe(1);
    });

    it('tells a handler that asks for the signal only afterwards', async () => {
      const { origin, shop, becomes, server } = await behindGate();
      const { leave } = begin(origin);
      const job = await shop.job(0);
      const gone = new Promise((resolve) => job.call.response.on('close', resolve));
      leave();
      await gone;
      expect(job.call.signal.aborted).toBe(true);
      job.finish();
      await becomes(0, 0);
      expect(server.listening).toBe(true);
    });

    it('keeps its slot for abandonMs when the handler never ends', async () => {
      const { origin, shop, clock, becomes, gate } = await behindGate(7_000);
      const { leave } = begin(origin);
      const job = await shop.job(0);
      const next = call(origin, '/');
      await becomes(1, 1);
      leave();
      await until(() => expect(job.call.signal.aborted).toBe(true));
      clock.advance(6_999);
      expect(gate()).toEqual({ running: 1, waiting: 1 });
      clock.advance(1);
      const second = await shop.job(1);
      expect(gate()).toEqual({ running: 1, waiting: 0 });
      // Its slot was given to another already: nothing must come back once more.
      job.finish();
      await new Promise((resolve) => setImmediate(resolve));
      expect(gate()).toEqual({ running: 1, waiting: 0 });
      second.finish();
      expect((await next).status).toBe(200);
    });

    it('in the middle of a streamed answer gives its slot back when the stream is gone', async () => {
      const body = new Readable({ read() {} });
      const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
        app.route('/', [limitConcurrency({ name: 'gate', maxCount: 1 })], (job) => {
          if (host.settles) job.stream(body);
          else pipeline(body, job.response, () => {});
        });
      });
      const { request, response, leave } = open(origin, '/');
      request.end();
      body.push('begun');
      await nextChunk(await response);
      leave();
      await until(() => expect(spillway.status().gates.gate?.running).toBe(0));
      expect(body.destroyed).toBe(true);
    });

    it('in the same tick as its slot becomes free never reaches the handler', async () => {
      const { origin, shop, becomes } = await behindGate();
      const running = call(origin, '/');
      const job = await shop.job(0);
      const caller = await rawCaller(origin);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await becomes(1, 1);
      const last = call(origin, '/', { headers: { 'x-number': 3 } });
      await becomes(1, 2);
      // Both are known to the server in one turn: the end of the answer, and that the caller has gone.
      job.call.response.on('close', () => caller.socket.destroy());
      job.finish();
      await running;
      const second = await shop.job(1);
      if (second.call.request.headers['x-number'] === undefined) {
        await until(() => expect(second.call.signal.aborted).toBe(true));
        second.finish();
        (await shop.job(2)).finish();
      } else {
        second.finish();
      }
      expect((await last).status).toBe(200);
      await becomes(0, 0);
      expect(shop.mostAtWork).toBe(1);
    });

    it('after pipelining gives everything back', async () => {
      const { origin, shop, becomes } = await behindGate();
      const caller = await rawCaller(origin);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
      await becomes(1, 2);
      caller.socket.destroy();
      await becomes(1, 0);
      (await shop.job(0)).finish();
      await becomes(0, 0);
      expect(shop.jobs).toHaveLength(1);
    });
  });

  it('keeps the slots of pipelined requests at work until each has ended', async () => {
    const shop = workshop();
    const { origin, spillway } = await serveApp(host, (app, { protect }) => {
      const policy = protect({
        name: 'gate',
        concurrency: { maxCount: 3 },
        breaker: { failureCount: 1 },
      });
      app.route('/', [policy], shop.handler);
    });
    const caller = await rawCaller(origin);
    caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await shop.job(2);
    caller.socket.destroy();
    await until(() => {
      expect(shop.jobs.map(({ call: { signal } }) => signal.aborted)).toEqual([true, true, true]);
    });
    for (const left of [3, 2, 1]) {
      expect(spillway.status().gates.gate?.running).toBe(left);
      shop.jobs[3 - left]?.finish();
      await until(() => expect(spillway.status().gates.gate?.running).toBe(left - 1));
    }
    expect(spillway.status().breakers.gate).toMatchObject({ state: 'closed' });
  });

  describe('a handler', () => {
    it('that throws keeps its error and its status, and gives its slot back', async () => {
      const { origin, shop, becomes } = await behindGate();
      const calling = call(origin, '/');
      (await shop.job(0)).fail(new Error('of the application'));
      const { status, text } = await calling;
      expect([status, text]).toEqual([555, 'of the application']);
      await becomes(0, 0);
    });

    it("that throws an error with a status of its own is answered by the framework's rules", async () => {
      const shop = workshop();
      const { origin } = await serveApp(host, (app, { limitConcurrency }) => {
        app.route('/', [limitConcurrency({ maxCount: 1 })], shop.handler);
      });
      const calling = call(origin, '/');
      (await shop.job(0)).fail(Object.assign(new Error('teapot'), { status: 418 }));
      expect((await calling).status).toBe(418);
    });

    it('that throws after its caller has left gives its slot back', async () => {
      const { origin, shop, becomes } = await behindGate();
      const { leave } = begin(origin);
      const job = await shop.job(0);
      leave();
      await until(() => expect(job.call.signal.aborted).toBe(true));
      job.fail(new Error('nobody hears this'));
      await becomes(0, 0);
    });

    it('that answers twice gives its slot back once', async () => {
      const { origin, shop, becomes, gate } = await behindGate();
      const calling = call(origin, '/');
      const job = await shop.job(0);
      const waiting = [call(origin, '/'), call(origin, '/')];
      await becomes(1, 2);
      job.finish();
      expect((await calling).status).toBe(200);
      try {
        job.call.answer(200, 'again');
        job.call.response.end('and again');
      } catch {
        // As the framework likes.
      }
      const second = await shop.job(1);
      expect(gate()).toEqual({ running: 1, waiting: 1 });
      second.finish();
      (await shop.job(2)).finish();
      await Promise.all(waiting);
      expect(shop.mostAtWork).toBe(1);
    });

    it('that destroys its response gives its slot back', async () => {
      const { origin, shop, becomes } = await behindGate();
      const calling = call(origin, '/').catch((error: Error) => error.message);
      const job = await shop.job(0);
      job.call.response.destroy();
      expect(await calling).toMatch(/socket hang up|ECONNRESET/);
      job.done();
      await becomes(0, 0);
    });
  });

  describe('policies one behind the other', () => {
    const nested = async () => {
      const clock = new FakeClock();
      const shop = workshop();
      const served = await serveApp(
        host,
        (app, { limitConcurrency, protect }) => {
          const outer = protect({
            name: 'outer',
            concurrency: { maxCount: 10 },
            timeoutMs: 60_000,
          });
          app.route('/', [outer, limitConcurrency({ name: 'inner', ...limits })], shop.handler);
        },
        { clock },
      );
      const becomes = (outer: number, inner: number, waiting: number) =>
        until(() => {
          const { gates } = served.spillway.status();
          expect([gates.outer?.running, gates.inner?.running, gates.inner?.waiting]).toEqual([
            outer,
            inner,
            waiting,
          ]);
        });
      return { ...served, shop, becomes, clock };
    };

    it('are all given back, when the inner one refuses too', async () => {
      const { origin, shop, becomes } = await nested();
      const calls = Array.from({ length: 6 }, () => call(origin, '/'));
      await becomes(6, 1, 5);
      expect((await call(origin, '/')).status).toBe(429);
      await becomes(6, 1, 5);
      shop.finishAtOnce();
      for (const job of [...shop.jobs]) job.finish();
      await Promise.all(calls);
      await becomes(0, 0, 0);
    });

    it('do not hold a slot for a caller that has left while it waited further in', async () => {
      const { origin, shop, becomes } = await nested();
      const running = call(origin, '/');
      await shop.job(0);
      const { leave } = begin(origin);
      await becomes(2, 1, 1);
      leave();
      await becomes(1, 1, 0);
      (await shop.job(0)).finish();
      await running;
      expect(shop.jobs).toHaveLength(1);
    });

    it('take what waits further in out of its queue when the time is up', async () => {
      const { origin, shop, becomes, clock } = await nested();
      const running = begin(origin);
      const job = await shop.job(0);
      const late = call(origin, '/');
      await becomes(2, 1, 1);
      clock.advance(29_999);
      expect(shop.jobs).toHaveLength(1);
      clock.advance(1);
      // The queue's time is up first.
      expect((await late).json().code).toBe('queue_timeout');
      await becomes(1, 1, 0);
      job.finish();
      (await running.response).resume();
    });
  });
}
