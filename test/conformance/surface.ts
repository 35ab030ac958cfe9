import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, hangs, refuses } from '../support/backend.ts';
import { call, open } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';

/** Metrics, status, onReject, and the application's own errors. */
export function describeSurface(host: AdapterHost): void {
  describe('metrics()', () => {
    it('are true at the scrape', async () => {
      const { origin, backends, settled } = await serve(host, {
        backends: { ptu: refuses(30), payg: answers(200) },
        each: { ptu: { breaker: { failureCount: 2, tripDurationMs: 60_000 } } },
        app({ app, spillway, pool }) {
          app.mount('/metrics', spillway.metrics());
          app.mount('/', spillway.proxy(pool));
        },
      });
      for (let index = 0; index < 3; index++) await call(origin, '/users/4711?key=secret');
      backends.payg.answer = hangs;
      const { request, leave } = open(origin, '/');
      request.end();
      await backends.payg.request(3);
      const { headers, text, status } = await call(origin, '/metrics');
      expect(status).toBe(200);
      expect(headers['content-type']).toContain('text/plain');
      const lines = text.split('\n');
      expect(lines).toEqual(
        expect.arrayContaining([
          'spillway_attempts_total{pool="chat",backend="ptu",outcome="throttled"} 2',
          'spillway_attempts_total{pool="chat",backend="payg",outcome="success"} 3',
          'spillway_spillovers_total{pool="chat",from="1",to="2"} 3',
          'spillway_backend_available{pool="chat",backend="ptu"} 0',
          'spillway_backend_available{pool="chat",backend="payg"} 1',
          'spillway_backend_running{pool="chat",backend="payg"} 1',
          'spillway_backend_running{pool="chat",backend="ptu"} 0',
          'spillway_attempt_duration_seconds_count{pool="chat",backend="payg"} 3',
          '# TYPE spillway_attempt_duration_seconds histogram',
          '# TYPE spillway_attempts_total counter',
        ]),
      );
      expect(text).toMatch(/^spillway_breaker_trips_total\{.*backend="ptu".*\} 1$/m);
      expect(text).not.toMatch(/4711|secret|users/);
      leave();
      await settled();
      const after = (await call(origin, '/metrics')).text.split('\n');
      expect(after).toContain('spillway_backend_running{pool="chat",backend="payg"} 0');
      expect(after).toContain(
        'spillway_attempts_total{pool="chat",backend="payg",outcome="cancelled"} 1',
      );
    });

    it('stand in the registry that is given', async () => {
      const registry = new Registry();
      const { origin } = await serve(host, {
        backends: { only: answers(200) },
        spillway: { registry },
      });
      await call(origin, '/');
      expect(await registry.metrics()).toContain('outcome="success"} 1');
    });

    it('cannot stand twice in one registry', async () => {
      const registry = new Registry();
      host.createSpillway({ registry });
      expect(() => host.createSpillway({ registry })).toThrow(/createSpillway\.registry/);
    });

    it('count what the pool answered itself', async () => {
      const registry = new Registry();
      const { origin } = await serve(host, {
        backends: { only: (request) => void request.socket.destroy() },
        spillway: { registry },
      });
      await call(origin, '/');
      expect(await registry.metrics()).toContain(
        'spillway_rejections_total{policy="chat",reason="bad_gateway"} 1',
      );
    });
  });

  describe('status()', () => {
    it('is plain, and without credentials', async () => {
      const { origin, spillway, backends } = await serve(host, {
        backends: { ptu: refuses(), payg: answers(200) },
        each: { ptu: { headers: { 'api-key': 'top-secret' }, maxCount: 7 } },
      });
      await call(origin, '/');
      const status = spillway.status();
      expect(JSON.parse(JSON.stringify(status))).toEqual(status);
      expect(JSON.stringify(status)).not.toContain('top-secret');
      expect(status.pools.chat?.backends[0]).toMatchObject({
        id: 'ptu',
        url: `${backends.ptu.url}/`,
        priority: 1,
        running: 0,
        maxCount: 7,
        available: true,
      });
    });
  });

  describe('logger', () => {
    it('is told of trips and recoveries, and of no credential', async () => {
      const clock = new FakeClock();
      const told: unknown[] = [];
      const note = (level: string) => (message: string, details?: object) =>
        void told.push([level, message, details]);
      const { origin, backends } = await serve(host, {
        backends: { only: refuses(5) },
        each: { only: { headers: { 'api-key': 'top-secret' } } },
        pool: { breaker: { failureCount: 1, tripDurationMs: 1_000 } },
        spillway: {
          clock,
          logger: { info: note('info'), warn: note('warn'), error: note('error') },
        },
      });
      await call(origin, '/');
      clock.advance(1_000);
      backends.only.answer = answers(200);
      await call(origin, '/');
      expect(told).toEqual([
        ['warn', expect.any(String), expect.objectContaining({ pool: 'chat', backend: 'only' })],
        ['info', expect.any(String), expect.objectContaining({ pool: 'chat', backend: 'only' })],
      ]);
      expect(JSON.stringify(told)).not.toContain('top-secret');
    });
  });

  describe('onReject', () => {
    const nobody = { only: hangs } as const;
    const limits = { each: { only: { maxCount: 1 } } } as const;
    const onReject = (text: string) =>
      host.onReject(({ code, status }) => ({ status: 418, body: `${text} ${code} ${status}` }));

    it.each([
      ['of createSpillway', true, false, 'all no_backend 503'],
      ['of proxy', false, true, 'one no_backend 503'],
      ['of proxy before that of createSpillway', true, true, 'one no_backend 503'],
    ])('%s answers in place of the problem', async (_, all, one, expected) => {
      const { origin, backends } = await serve(host, {
        backends: nobody,
        ...limits,
        spillway: all ? { onReject: onReject('all') } : {},
        app({ app, spillway, pool }) {
          app.mount('/', spillway.proxy(pool, one ? { onReject: onReject('one') } : {}));
        },
      });
      open(origin, '/').request.end();
      await backends.only.request();
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([418, expected]);
    });

    it('can pass the problem on to the application', async () => {
      const { origin } = await serve(host, {
        backends: { only: (request) => void request.socket.destroy() },
        spillway: { onReject: host.onReject(() => undefined) },
        app({ app, spillway, pool }) {
          app.mount('/', spillway.proxy(pool));
          app.onError((error) => ({ status: 502, body: `seen: ${(error as Error).name}` }));
        },
      });
      expect((await call(origin, '/')).text).toBe('seen: UpstreamError');
    });

    it('that throws is an error of the application, which it can answer', async () => {
      const { origin } = await serve(host, {
        backends: { only: (request) => void request.socket.destroy() },
        spillway: {
          onReject: host.onReject(() => {
            throw new Error('in onReject');
          }),
        },
        app({ app, spillway, pool }) {
          app.mount('/', spillway.proxy(pool));
          app.onError((error) => ({ status: 500, body: `seen: ${(error as Error).message}` }));
        },
      });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([500, 'seen: in onReject']);
    });

    it('is not asked about answers of backends', async () => {
      const { origin } = await serve(host, {
        backends: { only: answers(429, 'as it is') },
        spillway: { onReject: onReject('all') },
      });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([429, 'as it is']);
    });
  });

  describe("the application's own errors", () => {
    it.each(['beside the proxy', 'in the key of the affinity'])(
      'pass untouched: %s',
      async (at) => {
        const failure = new Error('of the application');
        const seen: unknown[] = [];
        const { origin } = await serve(host, {
          backends: { only: answers(200) },
          pool: {
            affinity: {
              key: () => {
                throw failure;
              },
            },
          },
          app({ app, spillway, pool }) {
            app.handle('/own', () => Promise.reject(failure));
            app.mount('/pool', spillway.proxy(pool));
            app.onError((error) => {
              seen.push(error);
              return { status: 555, body: 'answered by the application' };
            });
          },
        });
        const path = at === 'beside the proxy' ? '/own' : '/pool';
        const { status, text } = await call(origin, path);
        expect([status, text]).toEqual([555, 'answered by the application']);
        expect(seen).toEqual([failure]);
      },
    );
  });
}
