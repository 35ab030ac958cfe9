import type { Point } from '@spillway/dashboard';
import type { AdapterHost } from '@spillway/test/support/adapter-host.ts';
import { refuses } from '@spillway/test/support/backend.ts';
import { call } from '@spillway/test/support/caller.ts';
import { describe, expect, it } from 'vitest';
import { startControlRoom } from './control-room.ts';
import { startedScaler } from './scalers.ts';

/** What can be looked at. */
export function describeReads(host: AdapterHost): void {
  describe('shows', () => {
    it('the state of everything, as status() has it', async () => {
      const { get, spillway } = await startControlRoom(host);
      const answer = await get('/status');
      expect(answer.status).toBe(200);
      const { processor, ...status } = JSON.parse(JSON.stringify(spillway.status()));
      expect(answer.json()).toMatchObject({
        status,
        instance: expect.stringMatching(new RegExp(`^${process.pid}@`)),
        received: { chat: { stable: 0, canary: 0, spare: 0 } },
        scalers: {},
      });
      expect(processor.overMs).toBeGreaterThanOrEqual(0);
    });

    it('the share of its level that each backend received', async () => {
      const { get, origin, pool } = await startControlRoom(host);
      pool.setTraffic({ stable: 0.75, canary: 0.25 });
      for (let request = 0; request < 8; request++) await call(origin, '/chat/');
      const { received } = (await get('/status')).json();
      expect(received).toEqual({ chat: { stable: 0.75, canary: 0.25, spare: 0 } });
    });

    it('the last 15 minutes, interval by interval', async () => {
      const { get, origin, backend, clock } = await startControlRoom(host);
      expect((await get('/history')).json()).toEqual({ intervalMs: 5_000, points: [] });
      for (let request = 0; request < 10; request++) await call(origin, '/chat/');
      clock.advance(5_000);
      backend.answer = refuses(60);
      await call(origin, '/chat/');
      clock.advance(5_000);
      clock.advance(5_000);
      const { points } = (await get('/history')).json() as { points: Point[] };
      expect(points.map(({ pools }) => pools.chat)).toMatchObject([
        { requests: { stable: 1.8, canary: 0.2, spare: 0 }, refused: { stable: 0, canary: 0 } },
        { requests: { stable: 0.2, canary: 0.2, spare: 0.2 }, refused: { stable: 0.2 } },
        { requests: { stable: 0 }, p50Ms: null, p99Ms: null },
      ]);
      expect(points.map(({ policies }) => policies.chat)).toMatchObject([
        { requests: 2 },
        { requests: 0.2 },
        { requests: 0 },
      ]);
      clock.advance(20 * 60_000);
      const later = (await get('/history')).json() as { points: { at: number }[] };
      expect(later.points).toHaveLength(180);
      expect((later.points[179]?.at ?? 0) - (later.points[0]?.at ?? 0)).toBe(179 * 5_000);
    });

    it('what has happened, those of routes and of pools that came later included', async () => {
      const { get, origin, pool, spillway, backend, clock } = await startControlRoom(host, {
        before(app, spillway) {
          const breaker = spillway.circuitBreaker({ name: 'fragile', failureCount: 1 });
          app.route('/fragile', [breaker], ({ answer }) => void answer(500, ''));
        },
      });
      await call(origin, '/fragile');
      const late = spillway.pool('late', { backends: [{ id: 'a', url: backend.url }] });
      late.setTraffic({ a: 1 });
      late.add({ id: 'b', url: backend.url, priority: 2 });
      late.add({ id: 'c', url: backend.url });
      late.setTraffic({ a: 0.875, c: 0.125 });
      await late.remove('b');
      pool.setShadow('canary', 0.5);
      pool.breaker('stable').trip({ durationMs: 1_500 });
      pool.breaker('stable').close();
      backend.answer = (_request, response, received) => {
        void received.body.then(() =>
          response.writeHead(backend.received.length < 3 ? 429 : 200).end(),
        );
      };
      // Not GET, which would be copied, too.
      await call(origin, '/chat/', { method: 'POST', body: 'x' });
      clock.advance(5_000);
      const { entries } = (await get('/log')).json() as { entries: Record<string, unknown>[] };
      expect(
        entries.map(({ kind, pool, backend, policy, text }) => [
          kind,
          pool ?? policy,
          backend,
          text,
        ]),
      ).toEqual([
        ['trip', 'fragile', undefined, 'fragile tripped by 500, for 10 s'],
        ['traffic', 'late', undefined, 'its shares are set, and are as before'],
        ['traffic', 'late', undefined, 'level 2: b 100 %'],
        ['traffic', 'late', undefined, 'level 1: a 100 %, c 0 %'],
        ['traffic', 'late', undefined, 'level 1: a 87.5 %, c 12.5 %'],
        ['traffic', 'late', undefined, 'level 2 has no backend left'],
        ['shadow', 'chat', 'canary', 'canary gets copies of 50 % of the requests'],
        ['trip', 'chat', 'stable', 'stable tripped, for 1.5 s'],
        ['recover', 'chat', 'stable', 'stable serves again'],
        ['trip', 'chat', 'stable', 'stable tripped by 429, for 30 s'],
        ['spillover', 'chat', undefined, '1 request spilled over from level 1 to 2 within 5 s'],
      ]);
      expect(entries.map(({ id }) => id)).toEqual(entries.map((_, index) => index + 1));
    });

    it('autoscalers without those that fail, or whose state is no JSON', async () => {
      const { scaler } = startedScaler();
      const giving = (status: () => unknown) => ({ status, on() {}, off() {} }) as never;
      const scalers = {
        web: scaler,
        failing: giving(() => {
          throw new Error('no metric');
        }),
        large: giving(() => ({ count: 10n })),
        none: giving(() => undefined),
      };
      const { get } = await startControlRoom(host, { dashboard: { scalers } });
      const { status, ...answer } = await get('/status');
      expect([status, Object.keys(answer.json().scalers as object)]).toEqual([200, ['web']]);
    });

    it('autoscalers, and what they do', async () => {
      const { scaler, scales } = startedScaler();
      const { get } = await startControlRoom(host, { dashboard: { scalers: { web: scaler } } });
      scales();
      expect((await get('/status')).json().scalers).toMatchObject({
        web: { min: 1, max: 4, count: 1 },
      });
      const { entries } = (await get('/log')).json() as { entries: object[] };
      expect(entries).toMatchObject([
        { kind: 'scale', policy: 'web', text: 'web scales from 1 to 2: above' },
      ]);
    });

    it('itself, by OpenAPI', async () => {
      const { get } = await startControlRoom(host);
      const answer = await get('/openapi.json');
      expect(answer.json()).toMatchObject({ openapi: '3.1.0' });
    });

    it('the head alone, when that is all that is asked for', async () => {
      const { origin } = await startControlRoom(host);
      for (const path of ['/status', '/stream']) {
        const headers = { 'x-user': 'viewer vic' };
        const answer = await call(origin, `/spillway${path}`, { method: 'HEAD', headers });
        expect([path, answer.status, answer.text]).toEqual([path, 200, '']);
      }
    });
  });

  describe('answers', () => {
    it('404 to what there is not, in whatever way it is written', async () => {
      const { get } = await startControlRoom(host);
      for (const path of ['/nothing', '/status/', '/pools', '/%']) {
        const answer = await get(path);
        expect([path, answer.status, answer.json().code]).toEqual([path, 404, 'not_found']);
      }
    });

    it('405 to what cannot be done, and says what can', async () => {
      const { get, change } = await startControlRoom(host);
      const looked = await get('/pools/chat/traffic');
      expect([looked.status, looked.headers.allow]).toEqual([405, 'PUT']);
      const changed = await change('PUT', '/status', {});
      expect([changed.status, changed.headers.allow]).toEqual([405, 'GET, HEAD']);
    });

    it('to the page without its slash with where it is, in words that hold behind proxies', async () => {
      const { origin } = await startControlRoom(host);
      const headers = { 'x-user': 'viewer vic' };
      const answer = await call(origin, '/spillway?theme=dark', { headers });
      expect([answer.status, answer.headers.location]).toEqual([302, './spillway/?theme=dark']);
    });
  });
}
