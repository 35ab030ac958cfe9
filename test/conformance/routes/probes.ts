import { describe, expect, it } from 'vitest';
import type { AdapterHost, HostSpillway } from '../../support/adapter-host.ts';
import { answers, refuses, startBackend } from '../../support/backend.ts';
import { call } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';

/** Rule 20. */
export function describeProbes(host: AdapterHost): void {
  type Readiness = Parameters<HostSpillway['readiness']>[0];
  const gateAndProbes = async (readiness: Readiness = {}) => {
    const shop = workshop();
    const served = await serveApp(host, (app, spillway) => {
      // The probes come first: what they ask is asked at each call.
      app.mount('/readyz', spillway.readiness(readiness));
      app.mount('/livez', spillway.liveness());
      const limit = { maxCount: 1, maxQueueLength: 10 };
      app.route('/a', [spillway.limitConcurrency({ name: 'a', ...limit })], shop.handler);
      app.route('/b', [spillway.protect({ name: 'b', concurrency: limit })], shop.handler);
    });
    const fill = async (path: string, waiting: number) => {
      const calls = Array.from({ length: waiting + 1 }, () => call(served.origin, path));
      const gate = () => served.spillway.status().gates[path.slice(1)];
      await until(() => expect(gate()?.waiting).toBe(waiting));
      return async () => {
        shop.finishAtOnce();
        for (const job of [...shop.jobs]) job.finish();
        await Promise.all(calls);
      };
    };
    return { ...served, fill, readyz: () => call(served.origin, '/readyz') };
  };

  describe('readiness', () => {
    it('is 200 while every queue ratio is at most 2, and 429 above, naming the gate', async () => {
      const { readyz, fill, origin } = await gateAndProbes();
      const ready = await readyz();
      expect(ready.status).toBe(200);
      expect(ready.json()).toEqual({ status: 'ok', failed: [] });
      expect(ready.headers['cache-control']).toBe('no-store');
      expect(ready.headers['content-type']).toContain('application/json');
      const emptyB = await fill('/b', 2);
      expect((await readyz()).status).toBe(200);
      const emptyA = await fill('/a', 3);
      const busy = await readyz();
      expect(busy.status).toBe(429);
      expect(busy.headers['cache-control']).toBe('no-store');
      expect(busy.json()).toEqual({
        status: 'failed',
        failed: [{ kind: 'gate', name: 'a', detail: 'its queue ratio 3 is above 2' }],
      });
      expect((await call(origin, '/livez')).status).toBe(200);
      await emptyA();
      await emptyB();
      expect((await readyz()).status).toBe(200);
    });

    it('has the limit and the gates that it is given', async () => {
      const { readyz, fill } = await gateAndProbes({ maxQueueRatio: 0, gates: ['b'] });
      const emptyA = await fill('/a', 3);
      expect((await readyz()).status).toBe(200);
      const emptyB = await fill('/b', 1);
      expect((await readyz()).status).toBe(429);
      await emptyA();
      await emptyB();
    });

    it.each<[string, Readiness, object]>([
      ['gate', { gates: ['A'] }, { kind: 'gate', name: 'A' }],
      ['pool', { pools: ['none'] }, { kind: 'pool', name: 'none' }],
    ])('is 503 for the name of a %s that does not exist', async (_, options, failed) => {
      const { readyz } = await gateAndProbes(options);
      const answer = await readyz();
      expect(answer.status).toBe(503);
      expect(answer.json().failed).toMatchObject([failed]);
    });

    it('is 503 when a check fails, names it, and keeps its message from the caller', async () => {
      const told: unknown[] = [];
      const log = (...entry: unknown[]) => void told.push(entry);
      let broken: 'no' | 'throws' | 'rejects' = 'no';
      const { origin } = await serveApp(
        host,
        (app, spillway) => {
          const check = () => {
            if (broken === 'throws') throw new Error('password=secret');
            return broken === 'rejects' ? Promise.reject(new Error('secret')) : Promise.resolve();
          };
          app.mount('/readyz', spillway.readiness({ checks: { database: check } }));
          app.mount('/livez', spillway.liveness({ checks: { database: check } }));
        },
        { logger: { info: log, warn: log, error: log } },
      );
      for (const path of ['/readyz', '/livez']) {
        broken = 'no';
        expect((await call(origin, path)).status).toBe(200);
        for (const how of ['throws', 'rejects'] as const) {
          broken = how;
          const answer = await call(origin, path);
          expect(answer.status).toBe(503);
          expect(answer.json().failed).toEqual([
            { kind: 'check', name: 'database', detail: 'failed' },
          ]);
          expect(answer.headers['cache-control']).toBe('no-store');
        }
      }
      expect(told).toHaveLength(4);
      expect(told[0]).toEqual([
        expect.any(String),
        { check: 'database', error: expect.any(Error) },
      ]);
    });

    it('is 503 when a check hangs, which is called again only when its time is up', async () => {
      const clock = new FakeClock();
      let calls = 0;
      const { origin } = await serveApp(
        host,
        (app, spillway) => {
          const hangs = () => (++calls === 1 ? new Promise(() => {}) : undefined);
          app.mount('/readyz', spillway.readiness({ checks: { hangs }, timeoutMs: 2_000 }));
        },
        { clock },
      );
      const probes = [call(origin, '/readyz'), call(origin, '/readyz')];
      await until(() => expect(calls).toBe(1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(clock.pendingTimers).toBe(1);
      clock.advance(2_000);
      for (const answer of await Promise.all(probes)) {
        expect(answer.status).toBe(503);
        expect(answer.json().failed).toMatchObject([{ detail: 'did not settle in 2000 ms' }]);
      }
      expect(calls).toBe(1);
      expect((await call(origin, '/readyz')).status).toBe(200);
      expect(calls).toBe(2);
      expect(clock.pendingTimers).toBe(0);
    });

    it('counts a pool only when it is named, once every backend is tripped', async () => {
      const backends = [await startBackend(refuses()), await startBackend(refuses())];
      const { origin } = await serveApp(host, (app, spillway) => {
        const pool = spillway.pool('chat', {
          backends: backends.map(({ url }, index) => ({ id: `b${index}`, url })),
          breaker: { failureCount: 1, tripDurationMs: 60_000 },
        });
        app.mount('/chat', spillway.proxy(pool));
        app.mount('/all', spillway.readiness());
        app.mount('/named', spillway.readiness({ pools: ['chat'] }));
      });
      if (backends[1]) backends[1].answer = answers(200);
      await call(origin, '/chat');
      await call(origin, '/chat');
      expect((await call(origin, '/named')).status).toBe(200);
      if (backends[1]) backends[1].answer = refuses();
      await call(origin, '/chat');
      expect((await call(origin, '/all')).status).toBe(200);
      const answer = await call(origin, '/named');
      expect(answer.status).toBe(503);
      expect(answer.json().failed).toMatchObject([{ kind: 'pool', name: 'chat' }]);
    });

    it('is 503 from the moment that shutdown begins', async () => {
      const clock = new FakeClock();
      const { origin, spillway, server } = await serveApp(
        host,
        (app, { readiness, liveness }) => {
          app.mount('/readyz', readiness());
          app.mount('/livez', liveness());
        },
        { clock },
      );
      const done = spillway.shutdown({ server, readinessDelayMs: 5_000 });
      const answer = await call(origin, '/readyz');
      expect(answer.status).toBe(503);
      expect(answer.json().failed).toMatchObject([{ kind: 'shutdown' }]);
      expect((await call(origin, '/livez')).status).toBe(200);
      clock.advance(5_000);
      await within(3_000, done);
    });

    it('answers HEAD with the status alone', async () => {
      const { origin } = await gateAndProbes();
      const { status, text } = await call(origin, '/readyz', { method: 'HEAD' });
      expect([status, text]).toEqual([200, '']);
    });
  });
}
