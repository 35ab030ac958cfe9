import type { Options } from 'http-proxy-middleware';
import { describe, expect, it } from 'vitest';
import { answers, startBackend } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { proxied, type Setup } from './setup.ts';

/** Which requests are proxied, and what for. */
export function describePathsOfLibrary(setup: Setup): void {
  describe('pathFilter', () => {
    it.each<[string, NonNullable<Options['pathFilter']>, readonly string[], readonly string[]]>([
      ['the root', '/', ['/', '/any?x'], []],
      ['a string', '/api', ['/api', '/api/x?y'], ['/', '/ap', '/x/api']],
      ['strings', ['/api', '/ajax'], ['/api/x', '/ajax'], ['/other']],
      ['a glob', '/api/**/*.html', ['/api/x.html', '/api/a/b.html?q'], ['/api/x', '/x.html']],
      ['globs', ['/api/**', '!**/bad.json'], ['/api/x', '/api/y.json'], ['/api/bad.json', '/x']],
      [
        'a function',
        (path, req) => path.startsWith('/api') && req.method === 'GET',
        ['/api'],
        ['/'],
      ],
    ])('lets through what %s names', async (_, pathFilter, through, others) => {
      const { origin, backend } = await proxied(setup, { pathFilter });
      for (const path of through) expect((await call(origin, path)).status).toBe(200);
      for (const path of others) expect((await call(origin, path)).status).toBe(404);
      expect(backend.received.map(({ url }) => url)).toEqual(through);
    });
  });

  describe('pathRewrite', () => {
    it.each<[string, Options['pathRewrite'], string, string]>([
      ['by a table', { '^/old/api': '/new/api' }, '/old/api/x?y=1', '/new/api/x?y=1'],
      ['by the first rule that fits', { '^/a': '/1', '^/a/b': '/2' }, '/a/b', '/1/b'],
      ['by taking away', { '^/remove': '' }, '/remove/x', '/x'],
      ['to nothing', { '^/remove': '' }, '/remove', '/'],
      ['by a function', (path) => path.replace('/api', '/base/api'), '/api/x', '/base/api/x'],
      ['not by undefined', () => undefined, '/api', '/api'],
      ['by a promise', async (path) => `${path}/later`, '/api', '/api/later'],
    ])('changes the path %s', async (_, pathRewrite, path, expected) => {
      const { origin, backend } = await proxied(setup, pathRewrite && { pathRewrite });
      expect((await call(origin, path)).status).toBe(200);
      expect(backend.received[0]?.url).toBe(expected);
    });

    it('that throws is told to the application', async () => {
      const failure = Object.assign(new Error('own'), { status: 409, code: 'OWN' });
      const { origin, backend } = await proxied(setup, {
        async pathRewrite() {
          throw failure;
        },
      });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([409, '{"code":"OWN"}']);
      expect(backend.received).toEqual([]);
    });
  });

  describe('the path of the target', () => {
    it.each<[string, Options, string]>([
      ['stands before that of the request', {}, '/base/x?y'],
      // What is documented of this option has no effect: the library's server has the last word.
      ['does so without prependPath, too', { prependPath: false }, '/base/x?y'],
      ['is all there is with ignorePath', { ignorePath: true }, '/base'],
      ['is followed by a whole URL with toProxy', { toProxy: true }, '/base//x?y'],
    ])('%s', async (_, options, expected) => {
      const { origin, backend } = await proxied(setup, options, { base: '/base' });
      expect((await call(origin, '/x?y')).status).toBe(200);
      expect(backend.received[0]?.url).toBe(expected);
    });
  });

  describe('router', () => {
    it.each<[string, (url: string, host: string) => NonNullable<Options['router']>]>([
      ['a table of paths', (url) => ({ '/elsewhere': url })],
      ['a table of hosts', (url, host) => ({ [host]: url })],
      ['a table of both', (url, host) => ({ [`${host}/elsewhere`]: url })],
      ['a function', (url) => () => url],
      ['a function that gives an object', (url) => () => new URL(url)],
      ['an asynchronous function', (url) => async () => url],
    ])('sends requests past the target, and past the pool: by %s', async (_, route) => {
      const elsewhere = await startBackend(answers(201, 'elsewhere'));
      const { origin, backend, pool } = await proxied(setup, {
        router: route(elsewhere.url, 'api.example'),
      });
      const headers = { host: 'api.example' };
      const { status, text } = await call(origin, '/elsewhere/x', { headers });
      expect([status, text]).toEqual([201, 'elsewhere']);
      expect(elsewhere.received.map(({ url }) => url)).toEqual(['/elsewhere/x']);
      expect(backend.received).toEqual([]);
      const attempts = Object.values(pool?.status().backends[0]?.attempts ?? {});
      expect(attempts.filter((count) => count > 0)).toEqual([]);
    });

    it('that finds nothing leaves requests to the target', async () => {
      const { origin, backend } = await proxied(setup, {
        router: { '/elsewhere': 'http://a.invalid' },
      });
      expect((await call(origin, '/here')).status).toBe(200);
      expect(backend.received).toHaveLength(1);
    });
  });
}
