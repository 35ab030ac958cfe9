import { fixRequestBody } from 'http-proxy-middleware';
import { describe, expect, it } from 'vitest';
import { answers, refuses, sha256, startBackend } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { type Parsing, proxied, type Setup } from './setup.ts';

const BODIES = [
  ['JSON', '{"a":1,"b":["ä"]}', 'application/json'],
  ['a form', 'a=1&b=%20', 'application/x-www-form-urlencoded'],
  ['5 MiB of JSON', JSON.stringify({ text: 'x'.repeat(5 * 1_048_576) }), 'application/json'],
] as const;

/** What comes of a body behind a parser. */
export function describeParsedBodies(setup: Setup): void {
  describe('bodies behind a parser', () => {
    it.each(BODIES)('are written anew by fixRequestBody: %s', async (_, body, type) => {
      const fixed = await proxied(
        setup,
        { on: { proxyReq: fixRequestBody } },
        { parsing: 'parsed' },
      );
      const { origin, backend } = fixed;
      const headers = { 'content-type': type };
      expect((await call(origin, '/', { method: 'POST', body, headers })).status).toBe(200);
      expect(backend.received.map((each) => each.sha256)).toEqual([sha256(body)]);
      expect(backend.received[0]?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
    });

    it.each<Parsing>(['parsed', 'parsed and kept'])(
      'that were changed are sent as they were changed: %s',
      async (parsing) => {
        const { origin, backend } = await proxied(
          setup,
          {
            on: {
              proxyReq(proxyReq, req) {
                Object.assign((req as unknown as { body: object }).body, { injected: 'by us' });
                fixRequestBody(proxyReq, req);
              },
            },
          },
          { parsing },
        );
        const headers = { 'content-type': 'application/json' };
        await call(origin, '/', { method: 'POST', body: '{"a":1}', headers });
        expect(String(await backend.received[0]?.body)).toBe('{"a":1,"injected":"by us"}');
      },
    );

    it('are written once when redirects are followed, too', async () => {
      const { origin, backend } = await proxied(
        setup,
        { on: { proxyReq: fixRequestBody }, followRedirects: true },
        {
          // To the library alone it makes no difference what was kept.
          parsing: 'parsed and kept',
          answer: async (request, response, received) => {
            await received.body;
            if (request.url === '/there') response.end('arrived');
            else response.writeHead(302, { location: '/there' }).end();
          },
        },
      );
      const headers = { 'content-type': 'application/json' };
      const { text } = await call(origin, '/', { method: 'POST', body: '{"a":1}', headers });
      expect(text).toBe('arrived');
      expect(backend.received.map(({ method, bytes }) => [method, bytes])).toEqual([
        ['POST', 7],
        ['GET', 0],
      ]);
    });
  });

  if (setup.way === 'alone') return;

  describe('bodies behind a parser, before a pool', () => {
    it.each(BODIES)(
      'that were kept are sent as they came, to every backend: %s',
      async (_, body, type) => {
        const { origin, backend, pool } = await proxied(
          setup,
          {},
          {
            answer: refuses(),
            parsing: 'parsed and kept',
            pool: { retry: { maxBodyBytes: 10_000_000 } },
          },
        );
        const next = await startBackend(answers(200));
        pool?.add({ id: 'next', url: next.url, priority: 2 });
        const headers = { 'content-type': type };
        expect((await call(origin, '/', { method: 'POST', body, headers })).status).toBe(200);
        for (const { received } of [backend, next]) {
          expect(received.map((each) => each.sha256)).toEqual([sha256(body)]);
        }
      },
    );

    it.each(BODIES)('are written anew for every backend: %s', async (_, body, type) => {
      const { origin, backend, pool } = await proxied(
        setup,
        { on: { proxyReq: fixRequestBody } },
        { answer: refuses(), parsing: 'parsed' },
      );
      const next = await startBackend(answers(200));
      pool?.add({ id: 'next', url: next.url, priority: 2 });
      const headers = { 'content-type': type };
      expect((await call(origin, '/', { method: 'POST', body, headers })).status).toBe(200);
      for (const { received } of [backend, next]) {
        expect(received.map((each) => each.sha256)).toEqual([sha256(body)]);
      }
    });
  });
}
