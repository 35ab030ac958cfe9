import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type Options, responseInterceptor } from 'http-proxy-middleware';
import { describe, expect, it } from 'vitest';
import { type Answer, answers, startBackend } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { proxied, type Setup } from './setup.ts';

/** What a caller is answered. */
export function describeAnswersOfLibrary(setup: Setup): void {
  describe('cookies', () => {
    const COOKIES = [
      'a=1; Domain=old.example; Path=/old',
      'b=2; domain=other.example; path=/x',
      'c=3',
    ];

    it.each<[string, Options, readonly string[]]>([
      ['stay as they are', {}, COOKIES],
      [
        'get another domain',
        { cookieDomainRewrite: 'new.example' },
        ['a=1; Domain=new.example; Path=/old', 'b=2; domain=new.example; path=/x', 'c=3'],
      ],
      ['lose their domain', { cookieDomainRewrite: '' }, ['a=1; Path=/old', 'b=2; path=/x', 'c=3']],
      [
        'get a domain by a table',
        { cookieDomainRewrite: { 'old.example': 'new.example', '*': '' } },
        ['a=1; Domain=new.example; Path=/old', 'b=2; path=/x', 'c=3'],
      ],
      [
        'get another path',
        { cookiePathRewrite: '/new' },
        ['a=1; Domain=old.example; Path=/new', 'b=2; domain=other.example; path=/new', 'c=3'],
      ],
      [
        'get a path by a table',
        { cookiePathRewrite: { '/old': '/new' } },
        ['a=1; Domain=old.example; Path=/new', 'b=2; domain=other.example; path=/x', 'c=3'],
      ],
    ])('%s', async (_, options, expected) => {
      const answer = answers(200, '', { 'set-cookie': COOKIES });
      const { origin } = await proxied(setup, options, { answer });
      expect((await call(origin, '/')).headers['set-cookie']).toEqual(expected);
    });
  });

  describe('Location', () => {
    it.each<[string, Options, string]>([
      ['stays as it is', {}, 'BACKEND/there?x'],
      [
        'gets the host of hostRewrite',
        { hostRewrite: 'new.example:81' },
        'http://new.example:81/there?x',
      ],
      [
        'gets the host of the caller with autoRewrite',
        { autoRewrite: true },
        'http://api.example:82/there?x',
      ],
      [
        'gets the protocol of protocolRewrite',
        { autoRewrite: true, protocolRewrite: 'https' },
        'https://api.example:82/there?x',
      ],
    ])('%s', async (_, options, expected) => {
      const { origin, backend } = await proxied(setup, options);
      const location = `${backend.url}/there?x`;
      const headers = { host: 'api.example:82' };
      for (const status of [201, 301, 302, 307, 308]) {
        backend.answer = answers(status, '', { location });
        const called = await call(origin, '/', { headers });
        expect(called.headers.location).toBe(expected.replace('BACKEND', backend.url));
      }
      backend.answer = answers(302, '', { location: 'http://another.example/' });
      expect((await call(origin, '/', { headers })).headers.location).toBe(
        'http://another.example/',
      );
    });
  });

  describe('answers', () => {
    it('have the status of the backend, also one without a name', async () => {
      const { origin } = await proxied(
        setup,
        {},
        { answer: (_request, response) => void response.writeHead(299).end() },
      );
      const { status } = await call(origin, '/');
      expect(status).toBe(299);
    });

    it('keep the case of their headers with preserveHeaderKeyCase', async () => {
      const answer = answers(200, '', { 'X-MiXed': 'yes' });
      const kept = await proxied(setup, { preserveHeaderKeyCase: true }, { answer });
      expect((await call(kept.origin, '/')).rawHeaders).toContain('X-MiXed');
      const other = await proxied(setup, {}, { answer });
      expect((await call(other.origin, '/')).rawHeaders).toContain('x-mixed');
    });

    it('are the answer of on.proxyRes with selfHandleResponse', async () => {
      const { origin } = await proxied(setup, {
        selfHandleResponse: true,
        on: {
          proxyRes(proxyRes, _req, res) {
            proxyRes.resume();
            res.statusCode = 418;
            res.end('own');
          },
        },
      });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([418, 'own']);
    });

    it.each<[string, (text: string) => string | Buffer, string | undefined]>([
      ['as it is', (text) => text, undefined],
      ['gzip', gzipSync, 'gzip'],
      ['br', brotliCompressSync, 'br'],
      ['deflate', deflateSync, 'deflate'],
    ])('can be changed by responseInterceptor: %s', async (_, compress, coding) => {
      const headers = coding === undefined ? {} : { 'content-encoding': coding };
      const { origin } = await proxied(
        setup,
        {
          selfHandleResponse: true,
          on: {
            proxyRes: responseInterceptor(async (buffer, _proxyRes, _req, res) => {
              res.statusCode = 203;
              return buffer.toString().replace('Hello', 'Goodbye, ä');
            }),
          },
        },
        { answer: answers(200, compress('Hello World'), { ...headers, 'x-kept': 'yes' }) },
      );
      const called = await call(origin, '/');
      expect([called.status, called.text]).toEqual([203, 'Goodbye, ä World']);
      expect(called.headers).toMatchObject({ 'x-kept': 'yes', 'content-length': '17' });
      expect(called.headers['content-encoding']).toBeUndefined();
    });
  });

  describe('redirects', () => {
    const leads: Answer = async (request, response, received) => {
      await received.body;
      const [, status] = /^\/(\d+)$/.exec(request.url ?? '') ?? [];
      if (status === undefined) response.end(`${request.method} ${await received.body}`);
      else response.writeHead(Number(status), { location: '/arrived' }).end();
    };

    it.each<[number, string]>([
      [301, 'GET '],
      [302, 'GET '],
      [303, 'GET '],
      [307, 'POST body'],
      [308, 'POST body'],
    ])('of status %s are followed with followRedirects', async (status, expected) => {
      const { origin, backend } = await proxied(
        setup,
        { followRedirects: true },
        { answer: leads },
      );
      const { text } = await call(origin, `/${status}`, { method: 'POST', body: 'body' });
      expect(text).toBe(expected);
      expect(backend.received.map(({ url }) => url)).toEqual([`/${status}`, '/arrived']);
    });

    it('are the answer without it', async () => {
      const { origin } = await proxied(setup, {}, { answer: leads });
      const { status, headers } = await call(origin, '/302');
      expect([status, headers.location]).toEqual([302, '/arrived']);
    });

    it('without end are the answer after so many', async () => {
      const { origin, backend } = await proxied(
        setup,
        { followRedirects: 2 } as unknown as Options,
        { answer: answers(302, '', { location: '/again' }) },
      );
      expect((await call(origin, '/')).status).toBe(302);
      expect(backend.received).toHaveLength(3);
    });

    it("to another host do not take the caller's credentials there", async () => {
      const elsewhere = await startBackend(answers(200, 'elsewhere'));
      const { origin } = await proxied(
        setup,
        { followRedirects: true },
        { answer: answers(307, '', { location: `${elsewhere.url}/x` }) },
      );
      const headers = { authorization: 'Bearer mine', cookie: 'a=1', 'x-other': 'yes' };
      expect((await call(origin, '/', { headers })).text).toBe('elsewhere');
      const received = elsewhere.received[0];
      expect(received?.headers).toMatchObject({ 'x-other': 'yes' });
      expect(received?.headers).not.toHaveProperty('authorization');
      expect(received?.headers).not.toHaveProperty('cookie');
    });

    if (setup.way === 'alone') return;

    it.each<[string, Options]>([
      ['followed', { followRedirects: true }],
      ['rewritten', { autoRewrite: true }],
    ])('to what is no URL are a broken answer where they are to be %s', async (_, options) => {
      // The library alone ends the process there.
      const answer = answers(302, '', { location: 'http://[' });
      const { origin } = await proxied(setup, options, { answer });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([502, '{"code":"bad_gateway"}']);
    });

    it.each(['here', 'elsewhere'])(
      "take the backend's own credentials no further: %s",
      async (where) => {
        const elsewhere = await startBackend(answers(200));
        const { origin, pool } = await proxied(setup, { followRedirects: true });
        const own = await startBackend((request, response) => {
          const location = where === 'here' ? '/there' : `${elsewhere.url}/there`;
          if (request.url === '/there') response.end();
          else response.writeHead(307, { location }).end();
        });
        const credentials = { 'api-key': 'of the backend', authorization: 'Bearer backend' };
        pool?.add({ id: 'own', url: own.url, priority: 0, headers: credentials });
        const headers = {
          'x-api-key': 'of the caller',
          connection: 'close, x-hop',
          'x-hop': 'yes',
          'proxy-authorization': 'Basic eA==',
        };
        expect((await call(origin, '/', { headers })).status).toBe(200);
        const [arrived] = where === 'here' ? own.received.slice(1) : elsewhere.received;
        expect(arrived?.url).toBe('/there');
        const { 'api-key': key, authorization } = arrived?.headers ?? {};
        const expected = where === 'here' ? Object.values(credentials) : [undefined, undefined];
        expect([key, authorization]).toEqual(expected);
        for (const name of ['x-api-key', 'x-hop', 'proxy-authorization']) {
          expect(arrived?.headers).not.toHaveProperty(name);
        }
      },
    );
  });
}
