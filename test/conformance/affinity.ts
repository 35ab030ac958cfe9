import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';

const named = (name: string): Answer => answers(200, name);
const backends = { a: named('a'), b: named('b'), c: named('c') };
const level = { b: { priority: 1 }, c: { priority: 1 } } as const;
const KEYS = Array.from({ length: 12 }, (_, index) => `key-${index}`);

/** Rule 17, seen from outside. */
export function describeAffinity(host: AdapterHost): void {
  describe('affinity', () => {
    it('by cookie sets one where there is none, and keeps the browser where it was', async () => {
      const { origin } = await serve(host, {
        backends: {
          a: answers(200, 'a', { 'set-cookie': ['own=1', 'other=2'] }),
          b: answers(200, 'b', { 'set-cookie': ['own=1', 'other=2'] }),
          c: answers(200, 'c', { 'set-cookie': ['own=1', 'other=2'] }),
        },
        each: level,
        pool: { affinity: { cookie: 'backend' } },
      });
      const places = new Set<string>();
      for (let browser = 0; browser < 20; browser++) {
        const first = await call(origin, '/', { headers: { cookie: 'mine=1' } });
        const [own, other, set = ''] = first.headers['set-cookie'] ?? [];
        expect([own, other]).toEqual(['own=1', 'other=2']);
        expect(set).toMatch(/^backend=[0-9a-f-]{36}; Path=\/; HttpOnly; SameSite=Lax$/);
        const cookie = `mine=1; ${set.split(';')[0]}`;
        for (let visit = 0; visit < 3; visit++) {
          const next = await call(origin, '/', { headers: { cookie } });
          expect(next.text).toBe(first.text);
          expect(next.headers['set-cookie']).toEqual(['own=1', 'other=2']);
        }
        places.add(first.text);
      }
      expect([...places].sort()).toEqual(['a', 'b', 'c']);
    });

    it('by cookie sets a secure one when a trusted hop says that the browser came by https', async () => {
      const secureBy = async (trust: boolean) => {
        const { origin } = await serve(host, {
          backends,
          pool: { affinity: { cookie: { name: 'backend', maxAgeMs: 60_000 } } },
          app({ app, spillway, pool }) {
            if (trust) app.trustProxy();
            app.mount('/', spillway.proxy(pool));
          },
        });
        const headers = { 'x-forwarded-proto': 'https' };
        return (await call(origin, '/', { headers })).headers['set-cookie']?.[0];
      };
      expect(await secureBy(true)).toMatch(/; Max-Age=60; .*; Secure$/);
      expect(await secureBy(false)).not.toContain('Secure');
    });

    it.each([
      ['a header', { header: 'X-Shard' }, (key: string) => ({ headers: { 'x-shard': key } })],
      [
        'a function',
        { key: ({ url }: Pick<IncomingMessage, 'url'>) => url?.split('/')[1] },
        (key: string) => ({ path: `/${key}/x` }),
      ],
    ])('by %s keeps a key at its backend, wherever it runs', async (_, affinity, of) => {
      const ask = async () => {
        const { origin } = await serve(host, {
          backends,
          each: level,
          pool: { affinity: affinity as never },
        });
        const places: Record<string, string> = {};
        for (const key of KEYS) {
          const { path = '/', headers = {} } = of(key) as { path?: string; headers?: object };
          const options = { headers: headers as Record<string, string> };
          const texts = [await call(origin, path, options), await call(origin, path, options)];
          expect(texts[0]?.text).toBe(texts[1]?.text);
          places[key] = texts[0]?.text ?? '';
        }
        return places;
      };
      const places = await ask();
      expect(new Set(Object.values(places)).size).toBeGreaterThan(1);
      expect(await ask()).toEqual(places);
    });

    it('serves a key elsewhere while its backend is tripped, then there again', async () => {
      const clock = new FakeClock();
      const served = await serve(host, {
        backends,
        each: level,
        pool: {
          affinity: { header: 'x-shard' },
          breaker: { failureCount: 1, tripDurationMs: 5_000 },
        },
        spillway: { clock },
      });
      const ask = async (key: string) =>
        (await call(served.origin, '/', { headers: { 'x-shard': key } })).text as 'a' | 'b' | 'c';
      const homes = new Map<string, 'a' | 'b' | 'c'>();
      for (const key of KEYS) homes.set(key, await ask(key));
      const home = homes.get('key-0') ?? 'a';
      served.backends[home].answer = answers(429);
      for (const key of KEYS) {
        const now = await ask(key);
        if (homes.get(key) === home) expect(now).not.toBe(home);
        else expect(now).toBe(homes.get(key));
      }
      served.backends[home].answer = named(home);
      clock.advance(5_000);
      for (const key of KEYS) expect(await ask(key)).toBe(homes.get(key));
    });
  });
}
