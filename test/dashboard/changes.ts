import type { AdapterHost } from '@spillway/test/support/adapter-host.ts';
import { call } from '@spillway/test/support/caller.ts';
import { describe, expect, it } from 'vitest';
import { startControlRoom, type TestControlRoom } from './control-room.ts';

const ROLLOUT = { to: 'canary', steps: [0.5, 1], intervalMs: 60_000 };

const weights = ({ pool }: TestControlRoom) =>
  Object.fromEntries(pool.status().backends.map(({ id, weight }) => [id, weight]));

/** A service with a breaker on a route, beside those of the pool. */
function start(host: AdapterHost): Promise<TestControlRoom> {
  return startControlRoom(host, {
    before(app, spillway) {
      const breaker = spillway.circuitBreaker({ name: 'fragile', failureCount: 1 });
      const limit = spillway.limitConcurrency({ name: 'limited', maxCount: 1 });
      app.route('/fragile', [breaker, limit], ({ answer }) => void answer(200, ''));
    },
  });
}

/** What can be steered. */
export function describeChanges(host: AdapterHost): void {
  describe('changes', () => {
    it('shares: what it will do first, then does it, and logs by whom', async () => {
      const room = await start(host);
      const { change, get, origin, clock } = room;
      for (let request = 0; request < 10; request++) await call(origin, '/chat/');
      clock.advance(5_000);
      const body = { shares: { stable: 0.5, canary: 0.5 } };
      const expected = {
        by: 'operator ann',
        summary: 'shares of level 1 of chat',
        effects: [
          'stable: 90 % → 50 % of level 1 (about 1 requests/s at the present rate)',
          'canary: 10 % → 50 % of level 1 (about 1 requests/s at the present rate)',
        ],
        before: { shares: { stable: 0.9, canary: 0.1 } },
        after: { shares: { stable: 0.5, canary: 0.5 } },
      };
      const planned = await change('PUT', '/pools/chat/traffic?dryRun=true', body);
      expect(planned.json()).toEqual({ applied: false, ...expected });
      expect(weights(room)).toEqual({ stable: 9, canary: 1, spare: 1 });
      expect((await get('/log')).json()).toEqual({ entries: [] });
      const done = await change('PUT', '/pools/chat/traffic', body);
      expect(done.json()).toEqual({ applied: true, ...expected });
      expect(weights(room)).toEqual({ stable: 0.5, canary: 0.5, spare: 1 });
      expect((await get('/log')).json().entries).toMatchObject([
        { kind: 'traffic', by: 'operator ann' },
        { kind: 'change', by: 'operator ann', pool: 'chat', text: expected.summary },
      ]);
    });

    it('a rollout: begins, pauses, resumes and aborts it', async () => {
      const room = await start(host);
      const { change, pool, get } = room;
      const rollout = '/pools/chat/rollouts/canary';
      expect(
        (await change('POST', '/pools/chat/rollouts?dryRun=true', ROLLOUT)).json(),
      ).toMatchObject({
        applied: false,
        effects: [
          'canary takes 50 %, 100 % of level 1, each for 1 min at least',
          'at once 50 % (next to nothing at the present rate)',
          'everything is put back when it fails 5 points more of its requests than the others do; 20 requests are needed to judge',
        ],
      });
      expect(pool.rollouts).toHaveLength(0);
      expect((await change('POST', '/pools/chat/rollouts', ROLLOUT)).status).toBe(200);
      expect(weights(room)).toMatchObject({ stable: 0.5, canary: 0.5 });
      expect((await change('POST', '/pools/chat/rollouts', ROLLOUT)).json()).toMatchObject({
        status: 409,
        code: 'impossible_now',
        option: 'pool(chat).rollout',
      });
      expect((await change('POST', `${rollout}/resume`, {})).json().code).toBe('impossible_now');
      expect((await change('POST', `${rollout}/pause`, '')).json()).toMatchObject({
        before: { state: 'running', share: 0.5 },
        after: { state: 'paused' },
      });
      expect(pool.rollouts[0]?.state).toBe('paused');
      expect((await change('POST', `${rollout}/pause`, {})).json().code).toBe('impossible_now');
      await change('POST', `${rollout}/resume`, {});
      expect(pool.rollouts[0]?.state).toBe('running');
      await change('POST', `${rollout}/abort`, {});
      expect(pool.rollouts).toHaveLength(0);
      expect(weights(room)).toMatchObject({ stable: 0.9, canary: 0.1 });
      expect((await change('POST', `${rollout}/abort`, {})).json().code).toBe('not_found');
      const { entries } = (await get('/log')).json() as {
        entries: { kind: string; details: object }[];
      };
      const decided = entries
        .filter(({ kind }) => kind === 'rollout')
        .map(({ details }) => details);
      expect(decided).toMatchObject(
        ['step', 'pause', 'resume', 'abort'].map((decision) => ({ decision })),
      );
    });

    it('shares during a rollout, which ends it', async () => {
      const { change, pool } = await start(host);
      await change('POST', '/pools/chat/rollouts', ROLLOUT);
      const { effects } = (
        await change('PUT', '/pools/chat/traffic', { shares: { stable: 1 } })
      ).json();
      expect(effects).toContain('the rollout to canary ends: these shares take its place');
      expect(pool.rollouts).toEqual([]);
    });

    it('a backend: drains it', async () => {
      const { change, pool } = await start(host);
      const path = '/pools/chat/backends/canary/drain';
      expect(
        (await change('POST', `${path}?dryRun=true`, { timeoutMs: 2_000 })).json(),
      ).toMatchObject({
        effects: [
          'canary takes no more requests, and what it has goes to stable (100 %)',
          '0 under way have 2 s to end; what is left then is cut off',
          'then canary leaves the pool; it is not to be brought back from here',
        ],
      });
      expect(pool.backends).toHaveLength(3);
      expect((await change('POST', path, '')).status).toBe(200);
      expect(pool.status().backends.map(({ id }) => id)).toEqual(['stable', 'spare']);
      const spare = await change('POST', '/pools/chat/backends/spare/drain', {});
      expect(spare.json()).toMatchObject({
        effects: expect.arrayContaining([
          'spare takes no more requests, and no other backend is left for what the levels before it cannot take',
        ]),
      });
      const last = await change('POST', '/pools/chat/backends/stable/drain?dryRun=true', {});
      expect(last.json()).toMatchObject({
        status: 409,
        rule: 'must leave the pool a backend that has a share',
      });
    });

    it('a backend: trips it, and closes its breaker', async () => {
      const { change, pool, origin, backend } = await start(host);
      const breaker = () => pool.status().backends[0]?.breaker;
      const body = { durationMs: 90_000 };
      expect(
        (await change('POST', '/pools/chat/backends/stable/trip?dryRun=true', body)).json(),
      ).toMatchObject({
        effects: [
          'its breaker is open for 1.5 min; then one trial request decides',
          'no request reaches stable meanwhile, and what it has goes to canary (100 %)',
        ],
        before: { state: 'closed' },
        after: { state: 'open', remainingMs: 90_000 },
      });
      expect(breaker()?.state).toBe('closed');
      await change('POST', '/pools/chat/backends/stable/trip', body);
      expect(breaker()).toMatchObject({ state: 'open', remainingMs: 90_000 });
      await call(origin, '/chat/');
      expect(backend.received).toHaveLength(1);
      expect(
        (await change('POST', '/pools/chat/backends/stable/trip', { durationMs: 1 })).json(),
      ).toMatchObject({
        effects: expect.arrayContaining([
          'it is open already, and stays so for the 1.5 min that are left',
        ]),
        after: { remainingMs: 90_000 },
      });
      await change('POST', '/pools/chat/backends/stable/close', {});
      expect(breaker()?.state).toBe('closed');
      expect((await change('POST', '/pools/chat/backends/stable/close', {})).json().code).toBe(
        'impossible_now',
      );
      const none = await change('POST', '/pools/chat/backends/canary/trip', body);
      expect(none.json()).toMatchObject({
        status: 422,
        option: 'pool(chat).breaker',
        rule: 'must name a backend that has a breaker',
      });
    });

    it('a shadow: on, and off again, with the comparison that the application gave it', async () => {
      const { change, pool } = await start(host);
      const compare = () => true;
      pool.setShadow('canary', 0.1, { compare, methods: 'all' });
      const path = '/pools/chat/shadows/canary';
      expect((await change('PUT', `${path}?dryRun=true`, { proportion: 0 })).json()).toMatchObject({
        effects: ['canary gets no more copies; 0 under way may end'],
        before: { proportion: 0.1, methods: 'all' },
        after: { proportion: 0, methods: 'all' },
      });
      expect(pool.shadows).toHaveLength(1);
      await change('PUT', path, { proportion: 0 });
      expect(pool.shadows).toHaveLength(0);
      expect(
        (await change('PUT', path, { proportion: 0.5, methods: 'safe' })).json().effects,
      ).toEqual([
        "canary gets copies of 50 % of the pool's requests (next to nothing at the present rate)",
        'of GET, HEAD and OPTIONS alone',
      ]);
      expect(pool.shadow('canary')).toMatchObject({ compare });
      expect(pool.status().shadows).toMatchObject([
        { backend: 'canary', proportion: 0.5, methods: 'safe' },
      ]);
    });

    it("a route's breaker: trips and closes it", async () => {
      const { change, origin, spillway } = await start(host);
      await change('POST', '/breakers/fragile/trip', { durationMs: 5_000 });
      expect((await call(origin, '/fragile')).status).toBe(503);
      expect(spillway.status().breakers.fragile).toMatchObject({
        state: 'open',
        remainingMs: 5_000,
      });
      await change('POST', '/breakers/fragile/close', {});
      expect((await call(origin, '/fragile')).status).toBe(200);
      expect((await change('POST', '/breakers/fragile/close', {})).json().code).toBe(
        'impossible_now',
      );
    });

    it('nothing that there is not', async () => {
      const { change } = await start(host);
      const paths: [method: string, path: string, body: object][] = [
        ['PUT', '/pools/none/traffic', { shares: { a: 1 } }],
        ['POST', '/pools/chat/rollouts/none/pause', {}],
        ['POST', '/pools/chat/backends/none/drain', {}],
        ['PUT', '/pools/chat/shadows/__proto__', { proportion: 1 }],
        ['POST', '/breakers/none/trip', { durationMs: 1 }],
        ['POST', '/breakers/limited/trip', { durationMs: 1 }],
        ['POST', '/breakers/limited/close', {}],
      ];
      for (const [method, path, body] of paths) {
        const answer = await change(method, path, body);
        expect([path, answer.status, answer.json().code]).toEqual([path, 404, 'not_found']);
      }
    });

    it('nothing by a body that says something else, and names what is wrong', async () => {
      const room = await start(host);
      const bodies: [method: string, path: string, body: unknown, option: string][] = [
        ['PUT', '/pools/chat/traffic', {}, 'pool(chat).setTraffic'],
        ['PUT', '/pools/chat/traffic', [], 'body'],
        ['PUT', '/pools/chat/traffic', null, 'body'],
        ['PUT', '/pools/chat/traffic', { share: { stable: 1 } }, 'body.share'],
        ['PUT', '/pools/chat/traffic', { shares: { other: 1 } }, 'pool(chat).setTraffic["other"]'],
        [
          'PUT',
          '/pools/chat/traffic',
          { shares: { stable: 2 } },
          'pool(chat).setTraffic["stable"]',
        ],
        ['PUT', '/pools/chat/traffic', { shares: { stable: 0.5 } }, 'pool(chat).setTraffic'],
        [
          'POST',
          '/pools/chat/rollouts',
          { ...ROLLOUT, steps: [0.5, 0.1] },
          'pool(chat).rollout.steps[1]',
        ],
        ['POST', '/pools/chat/rollouts', { ...ROLLOUT, to: 'none' }, 'pool(chat).rollout.to'],
        ['POST', '/pools/chat/backends/canary/drain', { timeoutMs: -1 }, 'body.timeoutMs'],
        ['POST', '/pools/chat/backends/stable/trip', { durationMs: 'long' }, 'body.durationMs'],
        ['PUT', '/pools/chat/shadows/canary', { proportion: 1.5 }, 'body.proportion'],
        ['PUT', '/pools/chat/shadows/canary', { proportion: 1, methods: 'some' }, 'body.methods'],
        ['POST', '/breakers/fragile/trip', {}, 'body.durationMs'],
        ['POST', '/breakers/fragile/close', { now: true }, 'body.now'],
      ];
      const before = room.pool.status();
      for (const [method, path, body, option] of bodies) {
        for (const dryRun of ['', '?dryRun=true']) {
          const answer = await room.change(method, path + dryRun, body);
          expect([path, body, answer.status, answer.json().option]).toEqual([
            path,
            body,
            422,
            option,
          ]);
          expect(answer.json().rule).toBeTypeOf('string');
        }
      }
      expect(room.pool.status()).toEqual(before);
    });

    it('by a body that a parser in front has read', async () => {
      const { change, pool } = await startControlRoom(host, {
        before: (app) => app.parseJson({ keepRawBody: false }),
      });
      await change('PUT', '/pools/chat/traffic', { shares: { canary: 1 } });
      expect(pool.status().backends.map(({ weight }) => weight)).toEqual([0, 1, 1]);
    });
  });
}
