import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../../support/adapter-host.ts';
import { sha256 } from '../../support/backend.ts';
import { call, nextChunk, open, rawCaller, read } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until } from '../../support/until.ts';

/** Rules 1 to 3, where nobody leaves and nothing breaks. */
export function describeGates(host: AdapterHost): void {
  const gateOf = (
    limit: Parameters<ReturnType<AdapterHost['createSpillway']>['limitConcurrency']>[0],
    options = {},
  ) => {
    const shop = workshop();
    const served = serveApp(
      host,
      (app, spillway) =>
        app.route('/', [spillway.limitConcurrency({ name: 'gate', ...limit })], shop.handler),
      options,
    );
    return served.then(({ spillway, ...rest }) => ({
      ...rest,
      spillway,
      shop,
      gate: () => spillway.status().gates.gate,
      waiting: (count: number) =>
        until(() => expect(spillway.status().gates.gate?.waiting).toBe(count)),
    }));
  };

  describe('limitConcurrency', () => {
    it('lets maxCount run and maxQueueLength wait, and refuses the next at once', async () => {
      const { origin, shop, waiting, gate } = await gateOf({ maxCount: 2, maxQueueLength: 3 });
      const calls = Array.from({ length: 5 }, () => call(origin, '/'));
      await shop.job(1);
      await waiting(3);
      expect(gate()).toMatchObject({ running: 2, waiting: 3, queueRatio: 1.5 });
      const refused = await call(origin, '/');
      expect(refused.status).toBe(429);
      expect(refused.headers['content-type']).toBe('application/problem+json');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(refused.json()).toEqual({
        title: 'Too many requests are waiting',
        status: 429,
        detail: 'the queue is full',
        code: 'queue_full',
      });
      shop.finishAtOnce();
      for (const job of shop.jobs.slice(0, 2)) job.finish();
      expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(5).fill(200));
      expect(shop.mostAtWork).toBe(2);
      expect(gate()?.rejections).toEqual({ queue_full: 1 });
    });

    it('has no queue unless asked for, and the status that is asked for', async () => {
      const { origin, shop } = await gateOf({ maxCount: 1, rejectStatus: 503 });
      const running = call(origin, '/');
      const job = await shop.job(0);
      const refused = await call(origin, '/');
      expect([refused.status, refused.json().status, refused.json().code]).toEqual([
        503,
        503,
        'queue_full',
      ]);
      job.finish();
      expect((await running).text).toBe('done');
    });

    it('serves those who wait in the order of their coming', async () => {
      const { origin, shop, waiting } = await gateOf({ maxCount: 1, maxQueueLength: 10 });
      const calls = [];
      for (let index = 0; index < 5; index++) {
        calls.push(call(origin, '/', { headers: { 'x-number': index } }));
        if (index === 0) await shop.job(0);
        else await waiting(index);
      }
      for (let index = 0; index < 5; index++) (await shop.job(index)).finish();
      await Promise.all(calls);
      const order = shop.jobs.map((job) => job.call.request.headers['x-number']);
      expect(order).toEqual(['0', '1', '2', '3', '4']);
    });

    it('serves those with a lower priority number first', async () => {
      const { origin, shop, waiting } = await gateOf({
        maxCount: 1,
        maxQueueLength: 10,
        priority: (request) => Number(request.headers['x-priority']),
      });
      const calls = [call(origin, '/', { headers: { 'x-priority': 5 } })];
      await shop.job(0);
      for (const [index, priority] of [9, 5, 0, 'none', 5].entries()) {
        calls.push(call(origin, '/', { headers: { 'x-priority': priority } }));
        await waiting(index + 1);
      }
      for (let index = 0; index < 6; index++) (await shop.job(index)).finish();
      await Promise.all(calls);
      const order = shop.jobs.map((job) => job.call.request.headers['x-priority']);
      expect(order).toEqual(['5', '0', '5', 'none', '5', '9']);
    });

    it('refuses with 503 who has waited for timeoutMs', async () => {
      const clock = new FakeClock();
      const { origin, shop, waiting, gate } = await gateOf(
        { maxCount: 1, maxQueueLength: 2, timeoutMs: 120_000 },
        { clock },
      );
      const running = call(origin, '/');
      const job = await shop.job(0);
      const late = call(origin, '/');
      await waiting(1);
      clock.advance(119_999);
      const next = call(origin, '/');
      await waiting(2);
      clock.advance(1);
      const refused = await late;
      expect([refused.status, refused.json().code]).toEqual([503, 'queue_timeout']);
      // Nothing has ended in two minutes: the two who come before may take as long.
      expect(Number(refused.headers['retry-after'])).toBe(240);
      expect(gate()).toMatchObject({ running: 1, waiting: 1, rejections: { queue_timeout: 1 } });
      job.finish();
      (await shop.job(1)).finish();
      expect([(await running).status, (await next).status]).toEqual([200, 200]);
      expect(shop.jobs).toHaveLength(2);
    });

    it('estimates Retry-After from how long slots have been held of late', async () => {
      const clock = new FakeClock();
      const { origin, shop, waiting } = await gateOf({ maxCount: 2, maxQueueLength: 3 }, { clock });
      const first = [call(origin, '/'), call(origin, '/')];
      await shop.job(1);
      clock.advance(8_000);
      for (const job of shop.jobs) job.finish();
      await Promise.all(first);
      const calls = Array.from({ length: 5 }, () => call(origin, '/'));
      await waiting(3);
      // Four, one after the other in two slots, for eight seconds each.
      expect((await call(origin, '/')).headers['retry-after']).toBe('16');
      shop.finishAtOnce();
      for (const job of shop.jobs) job.finish();
      await Promise.all(calls);
    });

    it('is a gate for each key, and none of them takes from another', async () => {
      const { origin, shop, gate, waiting } = await gateOf({
        maxCount: 1,
        maxQueueLength: 2,
        key: (request) => request.headers['x-tenant']?.toString(),
      });
      const of = (tenant: string) => call(origin, '/', { headers: { 'x-tenant': tenant } });
      const calls = [of('a'), of('b'), call(origin, '/')];
      await shop.job(2);
      calls.push(of('a'), of('a'));
      await waiting(2);
      calls.push(call(origin, '/'));
      await waiting(3);
      expect(gate()).toMatchObject({ running: 3, waiting: 3, queueRatio: 2, keys: 3 });
      expect((await of('a')).status).toBe(429);
      shop.finishAtOnce();
      for (const job of shop.jobs) job.finish();
      expect((await Promise.all(calls)).every(({ status }) => status === 200)).toBe(true);
    });

    it("leaves what the application's functions throw to the application", async () => {
      const seen: unknown[] = [];
      const failure = new Error('in the key');
      const shop = workshop();
      shop.finishAtOnce();
      let throws = true;
      const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
        const key = () => {
          if (throws) throw failure;
          return 'key';
        };
        app.route('/', [limitConcurrency({ name: 'gate', maxCount: 1, key })], shop.handler);
        app.onError((error) => {
          seen.push(error);
          return { status: 555, body: 'of the application' };
        });
      });
      expect((await call(origin, '/')).status).toBe(555);
      expect(seen).toEqual([failure]);
      throws = false;
      expect((await call(origin, '/')).status).toBe(200);
      await until(() => expect(spillway.status().gates.gate?.running).toBe(0));
    });

    it('hands the body over whole after a wait', async () => {
      const { origin, shop, waiting } = await gateOf({ maxCount: 1, maxQueueLength: 1 });
      const running = call(origin, '/');
      const first = await shop.job(0);
      const body = Buffer.alloc(3_000_000, 'abcdefg');
      const later = call(origin, '/', { method: 'POST', body });
      await waiting(1);
      first.finish();
      const job = await shop.job(1);
      const chunks: Buffer[] = [];
      for await (const chunk of job.call.request) chunks.push(chunk as Buffer);
      expect(sha256(Buffer.concat(chunks))).toBe(sha256(body));
      job.finish();
      expect([(await running).status, (await later).status]).toEqual([200, 200]);
    });

    it('holds the slot of a streamed answer until its last byte', async () => {
      const body = new Readable({ read() {} });
      const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
        app.route('/', [limitConcurrency({ name: 'gate', maxCount: 1 })], (job) => {
          job.response.setHeader('content-type', 'text/plain');
          job.stream(body);
        });
      });
      const { request, response } = open(origin, '/');
      request.end();
      body.push('begun');
      const answer = await response;
      expect(await nextChunk(answer)).toBe('begun');
      expect(spillway.status().gates.gate?.running).toBe(1);
      expect((await call(origin, '/')).status).toBe(429);
      body.push(null);
      await read(answer);
      await until(() => expect(spillway.status().gates.gate?.running).toBe(0));
    });

    it('lets pipelined requests through one after another', async () => {
      const { origin, shop, waiting } = await gateOf({ maxCount: 1, maxQueueLength: 2 });
      const caller = await rawCaller(origin);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
      await waiting(2);
      for (let index = 0; index < 3; index++)
        (await shop.job(index)).finish(200, `answer ${index}`);
      const text = await caller.until('answer 2');
      expect(text.match(/answer \d/g)).toEqual(['answer 0', 'answer 1', 'answer 2']);
      expect(shop.mostAtWork).toBe(1);
    });

    it.each([
      ['waited', false],
      ['was refused', true],
    ])('runs a request that %s in its own AsyncLocalStorage', async (_, answersItself) => {
      const storage = new AsyncLocalStorage<string>();
      const seen: [sent: unknown, stored: string | undefined][] = [];
      const shop = workshop();
      const { origin, spillway } = await serveApp(
        host,
        (app, { protect }) => {
          const policy = protect({ name: 'gate', concurrency: { maxCount: 1, maxQueueLength: 3 } });
          app.store(storage, (request) => String(request.headers['x-number']));
          app.route('/', [policy], (job) => {
            seen.push([job.request.headers['x-number'], storage.getStore()]);
            return shop.handler(job);
          });
        },
        answersItself
          ? { onReject: host.onReject(() => ({ status: 418, body: `${storage.getStore()}` })) }
          : {},
      );
      const calls = [];
      for (let index = 0; index < 4; index++) {
        calls.push(call(origin, '/', { headers: { 'x-number': index } }));
        if (index === 0) await shop.job(0);
        else await until(() => expect(spillway.status().gates.gate?.waiting).toBe(index));
      }
      const refused = await call(origin, '/', { headers: { 'x-number': 4 } });
      if (answersItself) expect(refused.text).toBe('4');
      for (let index = 0; index < 4; index++) (await shop.job(index)).finish();
      await Promise.all(calls);
      expect(seen).toEqual(['0', '1', '2', '3'].map((number) => [number, number]));
    });

    it('is passed once by a request that meets the same middleware again', async () => {
      const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
        const gate = limitConcurrency({ name: 'gate', maxCount: 1, maxQueueLength: 1 });
        app.mount('/', gate);
        app.route('/', [gate, gate], (job) => {
          job.answer(200, String(spillway.status().gates.gate?.running));
        });
      });
      expect((await call(origin, '/')).text).toBe('1');
      expect(spillway.status().gates.gate).toMatchObject({ running: 0, waiting: 0 });
    });

    it('is one limit wherever the middleware is mounted, and each call is another', async () => {
      const shop = workshop();
      const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
        const shared = limitConcurrency({ maxCount: 1 });
        app.route('/a', [shared], shop.handler);
        app.route('/b', [shared], shop.handler);
        app.route('/c', [limitConcurrency({ maxCount: 1 })], shop.handler);
      });
      const calls = [call(origin, '/a')];
      await shop.job(0);
      expect((await call(origin, '/b')).status).toBe(429);
      calls.push(call(origin, '/c'));
      await shop.job(1);
      expect(Object.keys(spillway.status().gates)).toEqual([
        'limitConcurrency',
        'limitConcurrency-2',
      ]);
      for (const job of shop.jobs) job.finish();
      await Promise.all(calls);
    });
  });
}
