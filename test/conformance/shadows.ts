import type { CompareAnswers } from '@spillway/core';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, hangs, sha256 } from '../support/backend.ts';
import { call, open } from '../support/caller.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type ServeOptions, serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

/** Rule 18. */
export function describeShadows(host: AdapterHost): void {
  const shadowed = (
    shadow: Answer,
    main: Answer = answers(200, 'main'),
    options: Partial<ServeOptions<'main' | 'shadow'>> = {},
  ) =>
    serve(host, {
      backends: { main, shadow },
      each: { shadow: { weight: 0, headers: { 'api-key': 'of the shadow' } } },
      ...options,
    });
  const requestsOf = (pool: Awaited<ReturnType<typeof shadowed>>['pool']) =>
    pool.status().shadows[0]?.requests;

  describe('shadows', () => {
    it('get copies of requests, with their own credentials and path', async () => {
      const { origin, backends, pool } = await shadowed(answers(500, 'never seen'), undefined, {
        base: '/base',
      });
      pool.setShadow('shadow', 1);
      const headers = { 'x-mine': 'yes', 'api-key': 'of the caller' };
      const called = await call(origin, '/path?q=1', { headers });
      expect([called.status, called.text]).toEqual([200, 'main']);
      const copy = await backends.shadow.request();
      expect([copy.method, copy.url]).toEqual(['GET', '/base/path?q=1']);
      expect(copy.headers).toMatchObject({ 'x-mine': 'yes', 'api-key': 'of the shadow' });
      await until(() => expect(requestsOf(pool)).toMatchObject({ server_error: 1 }));
      expect(pool.status().backends[1]?.attempts).toMatchObject({ server_error: 0 });
    });

    it('get GET, HEAD and OPTIONS only, unless all methods are asked for', async () => {
      const { origin, backends, pool } = await shadowed(answers(200));
      pool.setShadow('shadow', 1);
      for (const method of ['GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS', 'PUT', 'PATCH']) {
        await call(origin, '/', { method });
      }
      await until(() => expect(backends.shadow.received).toHaveLength(3));
      expect(backends.shadow.received.map(({ method }) => method)).toEqual([
        'GET',
        'HEAD',
        'OPTIONS',
      ]);
      pool.setShadow('shadow', 1, { methods: 'all' });
      await call(origin, '/', { method: 'POST', body: 'once more' });
      const post = await backends.shadow.request(3);
      expect((await post.body)?.toString()).toBe('once more');
    });

    it.each([
      ['small', 1_000, {}],
      ['large', 700_000, {}],
      ['chunked', 50_000, { chunkBytes: 1_000 }],
    ])('get the very body: %s', async (_, bytes, options) => {
      const { origin, backends, pool } = await shadowed(answers(200));
      pool.setShadow('shadow', 1, { methods: 'all' });
      const body = Buffer.alloc(bytes, 'abcde');
      await call(origin, '/', { method: 'POST', body, ...options });
      const copy = await backends.shadow.request();
      await copy.body;
      expect(copy.sha256).toBe(sha256(body));
    });

    it('do not get a body that is too large to keep, which is counted', async () => {
      const { origin, backends, pool } = await shadowed(answers(200), undefined, {
        pool: { retry: { maxBodyBytes: 1_000 } },
      });
      pool.setShadow('shadow', 1, { methods: 'all' });
      const body = Buffer.alloc(5_000, 'x');
      expect((await call(origin, '/', { method: 'POST', body })).status).toBe(200);
      await until(() => expect(requestsOf(pool)).toMatchObject({ dropped: 1 }));
      expect(backends.shadow.received).toHaveLength(0);
    });

    it('have each a proportion and a draw of their own', async () => {
      const { origin, backends, pool } = await serve(host, {
        backends: { main: answers(200), half: answers(200), tenth: answers(200) },
        each: { half: { weight: 0 }, tenth: { weight: 0 } },
        spillway: { random: seededRandom(11) },
      });
      pool.setShadow('half', 0.5);
      pool.setShadow('tenth', 0.1);
      for (let index = 0; index < 400; index++) await call(origin, '/');
      const copies = () => [backends.half.received.length, backends.tenth.received.length];
      await until(() => {
        const [half = 0, tenth = 0] = copies();
        expect(half).toBeGreaterThan(160);
        expect(half).toBeLessThan(240);
        expect(tenth).toBeGreaterThan(20);
        expect(tenth).toBeLessThan(65);
      });
      pool.setTraffic({ main: 1 });
      expect(pool.status().shadows.map(({ backend }) => backend)).toEqual(['half', 'tenth']);
      pool.setShadow('half', 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const before = backends.half.received.length;
      for (let index = 0; index < 20; index++) await call(origin, '/');
      expect(backends.half.received.length).toBe(before);
      expect(pool.status().shadows.map(({ backend }) => backend)).toEqual(['tenth']);
    });

    it.each<[string, Answer]>([
      ['hangs', hangs],
      ['resets', (_request, _response, { wire }) => void wire.resetAndDestroy()],
      [
        'floods',
        (_request, response) => {
          const more = () => {
            while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          };
          response.on('drain', more);
          more();
        },
      ],
    ])('that %s do nothing to callers, and trip nothing', async (_, answer) => {
      const { origin, pool } = await shadowed(answer, undefined, {
        pool: { breaker: { failureCount: 1 } },
      });
      pool.setShadow('shadow', 1);
      const called = await Promise.all(Array.from({ length: 30 }, () => call(origin, '/')));
      expect(called.every(({ status, text }) => status === 200 && text === 'main')).toBe(true);
      expect(pool.status().backends.map(({ breaker }) => breaker?.trips)).toEqual([0, 0]);
    });

    it('have at most 100 copies under way, and further ones are dropped and counted', async () => {
      const { origin, pool, spillway } = await shadowed(hangs);
      pool.setShadow('shadow', 1);
      for (let round = 0; round < 6; round++) {
        await Promise.all(Array.from({ length: 20 }, () => call(origin, '/')));
      }
      await until(() => {
        expect(pool.status().shadows[0]).toMatchObject({
          inFlight: 100,
          requests: { dropped: 20 },
        });
      });
      const { registry } = spillway as unknown as { registry: { metrics(): Promise<string> } };
      expect(await registry.metrics()).toContain(
        'spillway_shadow_requests_total{pool="chat",backend="shadow",outcome="dropped"} 20',
      );
    });

    it('count on, with what is under way, when they are set anew', async () => {
      const { origin, pool } = await shadowed(hangs);
      const fill = async () => {
        for (let round = 0; round < 3; round++) {
          await Promise.all(Array.from({ length: 20 }, () => call(origin, '/')));
        }
      };
      pool.setShadow('shadow', 1);
      await fill();
      pool.setShadow('shadow', 0);
      pool.setShadow('shadow', 1);
      await fill();
      await until(() => {
        expect(pool.status().shadows[0]).toMatchObject({
          inFlight: 100,
          requests: { dropped: 20 },
        });
      });
    });

    it('see both arms of a split alike', async () => {
      const { origin, backends, pool } = await serve(host, {
        backends: { a: answers(200, 'a'), b: answers(200, 'b'), shadow: answers(200) },
        each: { b: { priority: 1 }, shadow: { weight: 0 } },
        spillway: { random: seededRandom(3) },
      });
      const arms = { a: 0, b: 0 };
      pool.setShadow('shadow', 0.1, {
        compare: ({ body }) => void arms[body.toString() as 'a' | 'b']++,
      });
      for (let index = 0; index < 1_000; index++) await call(origin, '/');
      await until(() => expect(arms.a + arms.b).toBe(backends.shadow.received.length));
      expect(arms.a + arms.b).toBeGreaterThan(70);
      expect(Math.abs(arms.a - arms.b)).toBeLessThan(30);
    });

    it('are compared with what the caller got, once he has been answered', async () => {
      const compared: unknown[] = [];
      const { origin, pool } = await shadowed(
        (request, response) => {
          response.setHeader('x-version', '2');
          response.end(request.url === '/same' ? 'main' : 'other');
        },
        answers(200, 'main', { 'x-version': '1' }),
      );
      pool.setShadow('shadow', 1, {
        compare(primary, shadow) {
          const [mine, theirs] = [primary.body.toString(), shadow.body.toString()];
          compared.push([primary.status, primary.headers['x-version'], mine]);
          compared.push([shadow.status, shadow.headers['x-version'], theirs, shadow.truncated]);
          return mine === theirs || `${mine} is not ${theirs}`;
        },
      });
      await call(origin, '/same');
      await call(origin, '/different?secret=1');
      await until(() => expect(compared).toHaveLength(4));
      expect(compared.slice(0, 2)).toEqual([
        [200, '1', 'main'],
        [200, '2', 'main', false],
      ]);
      expect(pool.status().shadows[0]).toMatchObject({
        compared: 2,
        mismatches: 1,
        samples: [
          {
            method: 'GET',
            path: '/different',
            reason: 'main is not other',
            primaryStatus: 200,
            shadowStatus: 200,
          },
        ],
      });
    });

    it.each<[string, () => unknown, number]>([
      ['false', () => false, 1],
      [
        'throws',
        () => {
          throw new Error('expected equal');
        },
        1,
      ],
      ['what is no error', () => Promise.reject(Object.create(null)), 1],
      ['a promise of false', async () => false, 1],
      ['a promise that is rejected', () => Promise.reject(new Error('expected equal')), 1],
      ['a promise of true', async () => true, 0],
      ['a promise for ever', () => new Promise(() => {}), 0],
      ['undefined', () => undefined, 0],
    ])('count a mismatch when compare gives %s', async (_, compare, mismatches) => {
      const { origin, pool } = await shadowed(answers(200));
      pool.setShadow('shadow', 1, { compare });
      await call(origin, '/');
      await until(() => expect(pool.status().shadows[0]).toMatchObject({ compared: 1 }));
      await until(() => expect(pool.status().shadows[0]).toMatchObject({ mismatches }));
    });

    it('may be written to by compare, which no other comparison sees', async () => {
      const { origin, pool } = await serve(host, {
        backends: { main: answers(200, 'main'), a: answers(201), b: answers(202) },
        each: { a: { weight: 0 }, b: { weight: 0 } },
      });
      const seen: string[] = [];
      const compare: CompareAnswers = (primary) => {
        seen.push(`${primary.status} ${primary.body} ${primary.headers['x-mine']}`);
        primary.body.fill('x');
        Object.assign(primary, { status: 599 });
        Object.assign(primary.headers, { 'x-mine': 'written' });
        return false;
      };
      for (const id of ['a', 'b']) pool.setShadow(id, 1, { compare });
      await call(origin, '/');
      await until(() => expect(seen).toEqual(['200 main undefined', '200 main undefined']));
      await until(() => {
        const samples = pool.status().shadows.flatMap((shadow) => shadow.samples);
        expect(samples).toMatchObject([
          { primaryStatus: 200, shadowStatus: 201 },
          { primaryStatus: 200, shadowStatus: 202 },
        ]);
      });
    });

    it('are not compared when the caller has left', async () => {
      const { origin, backends, pool } = await shadowed(answers(200), hangs);
      let compared = 0;
      pool.setShadow('shadow', 1, { compare: () => compared++ });
      const { request, leave } = open(origin, '/');
      request.end();
      await backends.shadow.request();
      leave();
      await until(() => expect(requestsOf(pool)).toMatchObject({ success: 1 }));
      expect(compared).toBe(0);
    });

    it('go with their backend', async () => {
      const { origin, backends, pool } = await shadowed(hangs);
      pool.setShadow('shadow', 1);
      await call(origin, '/');
      await backends.shadow.request();
      await pool.remove('shadow');
      expect(pool.status().shadows).toEqual([]);
      await until(() => expect(backends.shadow.sockets.size).toBe(0));
      expect((await call(origin, '/')).status).toBe(200);
    });

    it.each<[string, unknown[], RegExp]>([
      ['an unknown id', ['nobody', 0.5], /^pool\(chat\)\.setShadow must name a backend.*"nobody"$/],
      ['no number', ['shadow', '1'], /\["shadow"\] must be a proportion from 0 to 1, got "1"$/],
      ['more than 1', ['shadow', 1.1], /\["shadow"\] must be a proportion .*, got 1.1$/],
      ['less than 0', ['shadow', -0.1], /must be a proportion .*, got -0.1$/],
      ['NaN', ['shadow', Number.NaN], /must be a proportion .*, got NaN$/],
      [
        'unknown methods',
        ['shadow', 1, { methods: 'GET' }],
        /\.methods must be one of 'safe', 'all'/,
      ],
      ['an unknown option', ['shadow', 1, { method: 'all' }], /\.method is not an option/],
    ])('are refused with %s, and the old ones stay', async (_, args, message) => {
      const { pool } = await shadowed(answers(200));
      pool.setShadow('shadow', 0.25);
      expect(() => Reflect.apply(pool.setShadow, pool, args)).toThrow(message);
      expect(pool.status().shadows).toMatchObject([{ backend: 'shadow', proportion: 0.25 }]);
    });
  });
}
