import { describe, expect, it } from 'vitest';
import type { AdapterHost, HostSpillway } from '../../support/adapter-host.ts';
import { answers, hangs, startBackend } from '../../support/backend.ts';
import { call, nextChunk, open, read } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';

/** Options that make no sense, metrics, status, onReject, shutdown, and pools behind policies. */
export function describeRouteSurface(host: AdapterHost): void {
  describe('options', () => {
    type Make = (spillway: HostSpillway) => unknown;
    const limit =
      (options: object): Make =>
      (spillway) =>
        spillway.limitConcurrency(options as { maxCount: number });
    const protect =
      (options: object): Make =>
      (spillway) =>
        spillway.protect(options);
    const breaker =
      (options: object): Make =>
      (spillway) =>
        spillway.circuitBreaker(options as { failureCount: number });

    it.each<[string, Make, RegExp]>([
      ['no maxCount', limit({}), /^limitConcurrency\.maxCount must be .*integer, got undefined/],
      ['maxCount 0', limit({ maxCount: 0 }), /^limitConcurrency\.maxCount .*, got 0$/],
      ['maxCount -1', limit({ maxCount: -1 }), /\.maxCount .*, got -1$/],
      ['maxCount NaN', limit({ maxCount: Number.NaN }), /\.maxCount .*, got NaN$/],
      ["maxCount 'x'", limit({ maxCount: 'x' }), /\.maxCount .*, got "x"$/],
      ['maxQueueLength -1', limit({ maxCount: 1, maxQueueLength: -1 }), /\.maxQueueLength .*-1$/],
      ['timeoutMs 0', limit({ maxCount: 1, timeoutMs: 0 }), /\.timeoutMs .*, got 0$/],
      [
        'rejectStatus 200',
        limit({ maxCount: 1, rejectStatus: 200 }),
        /\.rejectStatus .*, got 200$/,
      ],
      ['key 7', limit({ maxCount: 1, key: 7 }), /\.key must be a function or .*string, got 7$/],
      ['an unknown option', limit({ maxCont: 1 }), /maxCont is not an option.*'maxCount'/],
      ['no options', limit(undefined as never), /^limitConcurrency must be an object/],
      ['an empty protect', protect({}), /^protect must have at least one of 'concurrency'/],
      [
        'a named protect',
        protect({ name: 'p', concurrency: { maxCount: 0 } }),
        /^protect\(p\)\.concurrency\.maxCount .*, got 0$/,
      ],
      ['abandonMs', protect({ timeoutMs: 1, abandonMs: -1 }), /^protect\.abandonMs .*, got -1$/],
      ['a rule without a threshold', breaker({}), /must have failureCount or failurePercentage/],
      ['two thresholds', breaker({ failureCount: 1, failurePercentage: 1 }), /cannot stand beside/],
      [
        'an empty name',
        breaker({ name: '', failureCount: 1 }),
        /\.name must be a non-empty string/,
      ],
    ])('%s is a ConfigurationError at once', (_, make, message) => {
      const spillway = host.createSpillway();
      expect(() => make(spillway)).toThrow(
        expect.objectContaining({
          name: 'ConfigurationError',
          message: expect.stringMatching(message),
        }),
      );
      expect(spillway.status()).toMatchObject({ gates: {}, breakers: {} });
    });

    it('must have names that differ, pools included', () => {
      const spillway = host.createSpillway();
      limit({ name: 'one', maxCount: 1 })(spillway);
      spillway.pool('two', { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] });
      for (const name of ['one', 'two']) {
        expect(() => protect({ name, timeoutMs: 1 })(spillway)).toThrow(
          `protect(${name}) must have a name that no other policy has`,
        );
      }
      expect(() =>
        spillway.pool('one', { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] }),
      ).toThrow('pool(one)');
    });

    it('come too late after shutdown()', async () => {
      const spillway = host.createSpillway();
      await spillway.shutdown();
      expect(() => limit({ maxCount: 1 })(spillway)).toThrow('cannot be made after shutdown()');
    });
  });

  describe('metrics and status of routes', () => {
    it('tell of gates, refusals and trips, and of no key', async () => {
      const shop = workshop();
      const { origin, spillway } = await serveApp(host, (app, { protect, metrics }) => {
        const policy = protect({
          name: 'reports',
          concurrency: { maxCount: 1, key: (request) => request.headers['x-tenant']?.toString() },
          breaker: { failureCount: 1, tripDurationMs: 60_000 },
        });
        app.route('/', [policy], shop.handler);
        app.mount('/metrics', metrics());
      });
      const running = call(origin, '/', { headers: { 'x-tenant': 'secret-tenant' } });
      const job = await shop.job(0);
      await call(origin, '/', { headers: { 'x-tenant': 'secret-tenant' } });
      const during = (await call(origin, '/metrics')).text.split('\n');
      expect(during).toEqual(
        expect.arrayContaining([
          'spillway_gate_running{gate="reports"} 1',
          'spillway_gate_waiting{gate="reports"} 0',
          'spillway_queue_ratio{gate="reports"} 0',
          'spillway_rejections_total{policy="reports",reason="queue_full"} 1',
        ]),
      );
      job.finish(500);
      await running;
      await until(() => expect(spillway.status().breakers.reports?.state).toBe('open'));
      await call(origin, '/');
      const after = await call(origin, '/metrics');
      expect(after.text).toMatch(
        /^spillway_breaker_trips_total\{policy="reports",backend=""\} 1$/m,
      );
      expect(after.text).toContain('{policy="reports",reason="circuit_open"} 1');
      expect(after.text).not.toContain('secret');
      const status = spillway.status();
      expect(JSON.parse(JSON.stringify(status))).toEqual(status);
      expect(JSON.stringify(status)).not.toContain('secret');
      expect(status.gates.reports).toMatchObject({ maxCount: 1, maxQueueLength: 0, running: 0 });
    });

    it('tell the logger of trips and recoveries', async () => {
      const clock = new FakeClock();
      const told: unknown[] = [];
      const note = (level: string) => (message: string, details?: object) =>
        void told.push([level, message, details]);
      const shop = workshop();
      const { origin } = await serveApp(
        host,
        (app, { circuitBreaker }) => {
          const policy = circuitBreaker({ name: 'r', failureCount: 1, tripDurationMs: 1_000 });
          app.route('/', [policy], shop.handler);
        },
        { clock, logger: { info: note('info'), warn: note('warn'), error: note('error') } },
      );
      for (const [index, status] of [500, 200].entries()) {
        const calling = call(origin, '/');
        (await shop.job(index)).finish(status);
        await calling;
        await until(() => expect(told).toHaveLength(index + 1));
        clock.advance(1_000);
      }
      expect(told).toEqual([
        ['warn', expect.any(String), { policy: 'r', statusCode: 500, durationMs: 1_000 }],
        ['info', expect.any(String), { policy: 'r' }],
      ]);
    });
  });

  describe('onReject of routes', () => {
    it('answers refusals, and the request whose time is up', async () => {
      const clock = new FakeClock();
      const shop = workshop();
      const { origin, spillway } = await serveApp(
        host,
        (app, { protect }) => {
          const policy = protect({
            name: 'r',
            concurrency: { maxCount: 1 },
            timeoutMs: 1_000,
          });
          app.route('/', [policy], shop.handler);
        },
        {
          clock,
          onReject: host.onReject(({ code, status }) => ({
            status: 418,
            body: `${code} ${status}`,
          })),
        },
      );
      const running = call(origin, '/');
      const job = await shop.job(0);
      const refused = await call(origin, '/');
      expect([refused.status, refused.text]).toEqual([418, 'queue_full 429']);
      clock.advance(1_000);
      const late = await running;
      expect([late.status, late.text]).toEqual([418, 'request_timeout 504']);
      expect(spillway.status().gates.r?.running).toBe(1);
      job.finish();
      await until(() => expect(spillway.status().gates.r?.running).toBe(0));
    });

    it('can pass a refusal on to the application', async () => {
      const shop = workshop();
      const { origin } = await serveApp(
        host,
        (app, { limitConcurrency }) => {
          app.route('/', [limitConcurrency({ maxCount: 1 })], shop.handler);
          app.onError((error) => ({ status: 420, body: (error as Error).name }));
        },
        { onReject: host.onReject(() => undefined) },
      );
      const running = call(origin, '/');
      const job = await shop.job(0);
      const refused = await call(origin, '/');
      expect([refused.status, refused.text]).toEqual([420, 'RejectedError']);
      job.finish();
      await running;
    });
  });

  describe('shutdown of routes', () => {
    const protectedApp = async () => {
      const clock = new FakeClock();
      const shop = workshop();
      const served = await serveApp(
        host,
        (app, { protect }) => {
          const policy = protect({
            name: 'r',
            concurrency: { maxCount: 1, maxQueueLength: 5, key: (request) => request.url },
            breaker: { failureCount: 1 },
            timeoutMs: 60_000,
          });
          app.route('/', [policy], shop.handler);
        },
        { clock },
      );
      const waiting = (count: number) =>
        until(() => expect(served.spillway.status().gates.r?.waiting).toBe(count));
      return { ...served, shop, clock, waiting };
    };

    it('lets what runs and what waits go on, then is done, without a timer left', async () => {
      const { origin, server, spillway, shop, waiting, clock } = await protectedApp();
      const calls = [call(origin, '/'), call(origin, '/'), call(origin, '/')];
      await waiting(2);
      const done = spillway.shutdown({ server });
      await expect(call(origin, '/')).rejects.toThrow('ECONNREFUSED');
      for (let index = 0; index < 3; index++) (await shop.job(index)).finish();
      expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
      await within(3_000, done);
      expect(clock.pendingTimers).toBe(0);
    });

    it('answers what is left with 503 when the time is up, and cuts what has begun', async () => {
      const { origin, server, spillway, shop, waiting, clock } = await protectedApp();
      const calls = [call(origin, '/'), call(origin, '/')];
      const job = await shop.job(0);
      await waiting(1);
      const { request, response } = open(origin, '/?other');
      request.end();
      const begun = await shop.job(1);
      begun.call.response.writeHead(200);
      begun.call.response.write('begun');
      const answer = await response;
      await nextChunk(answer);
      const done = spillway.shutdown({ server, timeoutMs: 10_000 });
      await until(() => expect(server.listening).toBe(false));
      clock.advance(10_000);
      for (const left of await Promise.all(calls)) {
        expect([left.status, left.json().code]).toEqual([503, 'shutting_down']);
        expect(left.headers['retry-after']).toBe('1');
      }
      await expect(read(answer)).rejects.toThrow('aborted');
      await within(3_000, done);
      expect(spillway.status().gates.r).toMatchObject({ running: 0, waiting: 0 });
      expect(job.call.signal.aborted).toBe(true);
      expect(shop.jobs).toHaveLength(2);
      job.finish();
      begun.done();
      expect(clock.pendingTimers).toBe(0);
    });

    it('without a server refuses further requests with 503', async () => {
      const { origin, spillway, shop } = await protectedApp();
      await within(3_000, spillway.shutdown());
      const refused = await call(origin, '/');
      expect([refused.status, refused.json().code]).toEqual([503, 'shutting_down']);
      expect(shop.jobs).toHaveLength(0);
    });
  });

  describe('a pool behind a policy', () => {
    it('gives the slot back as soon as the caller has left', async () => {
      const backend = await startBackend(hangs);
      const { origin, spillway } = await serveApp(
        host,
        (app, { limitConcurrency, pool, proxy }) => {
          const chat = pool('chat', { backends: [{ id: 'a', url: backend.url }] });
          app.mount('/', limitConcurrency({ name: 'gate', maxCount: 1 }));
          app.mount('/', proxy(chat));
        },
      );
      const { request, leave } = open(origin, '/');
      request.end();
      const received = await backend.request();
      expect(spillway.status().gates.gate?.running).toBe(1);
      leave();
      await until(() => expect(spillway.status().gates.gate?.running).toBe(0));
      expect(await received.closed).toBe('aborted');
      backend.answer = answers(200, 'served');
      expect((await call(origin, '/')).text).toBe('served');
    });

    it('is cut short when the time of the policy is up', async () => {
      const clock = new FakeClock();
      const backend = await startBackend(hangs);
      const { origin, spillway } = await serveApp(
        host,
        (app, { protect, pool, proxy }) => {
          const chat = pool('chat', { backends: [{ id: 'a', url: backend.url }] });
          const policy = protect({
            name: 'gate',
            concurrency: { maxCount: 1 },
            timeoutMs: 2_000,
          });
          app.mount('/', policy);
          app.mount('/', proxy(chat));
        },
        { clock },
      );
      const calling = call(origin, '/');
      const received = await backend.request();
      clock.advance(2_000);
      const answer = await calling;
      expect([answer.status, answer.json().code]).toEqual([504, 'request_timeout']);
      expect(await received.closed).toBe('aborted');
      await until(() => expect(spillway.status().gates.gate?.running).toBe(0));
    });

    it('takes what the backend answers as its own', async () => {
      const backend = await startBackend(answers(502, 'broken'));
      const { origin, spillway } = await serveApp(host, (app, { circuitBreaker, pool, proxy }) => {
        const chat = pool('chat', { backends: [{ id: 'a', url: backend.url }] });
        app.mount('/', circuitBreaker({ name: 'breaker', failureCount: 1 }));
        app.mount('/', proxy(chat));
      });
      expect((await call(origin, '/')).text).toBe('broken');
      await until(() => expect(spillway.status().breakers.breaker?.state).toBe('open'));
      expect((await call(origin, '/')).json().code).toBe('circuit_open');
    });
  });
}
