import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, refuses } from '../support/backend.ts';
import { call, rawCall } from '../support/caller.ts';
import { serve } from '../support/serve.ts';

/** Rules 14 and 15, towards the caller. */
export function describeAnswers(host: AdapterHost): void {
  describe('answers', () => {
    it('pass end to end, with every value of those that are repeated', async () => {
      const headers = {
        'cache-control': 'max-age=5',
        'content-type': 'application/json',
        date: 'Sun, 06 Nov 1994 08:49:37 GMT',
        etag: 'W/"1"',
        link: ['<a>; rel=next', '<b>; rel=prev'],
        location: '/else/where',
        server: 'a backend',
        'set-cookie': ['a=1; Path=/; HttpOnly', 'b=2, with a comma'],
        vary: 'origin',
        'x-latin': 'caf\u00e9',
        'x-ratelimit-remaining-tokens': '12',
      };
      const { origin } = await serve(host, { backends: { only: answers(201, '{}', headers) } });
      const called = await call(origin, '/');
      expect(called.status).toBe(201);
      expect(called.headers).toMatchObject({ ...headers, link: '<a>; rel=next, <b>; rel=prev' });
      const { rawHeaders } = called;
      expect(rawHeaders.filter((name) => /^set-cookie$/i.test(name))).toHaveLength(2);
      expect(rawHeaders.filter((name) => /^link$/i.test(name))).toHaveLength(2);
    });

    it('lose their trailers, and nothing else', async () => {
      const { origin, backends } = await serve(host, {
        backends: {
          only: (_request, response) => {
            response.writeHead(200, { trailer: 'x-sum', 'transfer-encoding': 'chunked' });
            response.write('whole');
            response.addTrailers({ 'x-sum': '1' });
            response.end();
          },
        },
      });
      const head = 'POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\n';
      const body =
        'Trailer: x-mine\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\nx-mine: 1\r\n\r\n';
      const answer = await rawCall(origin, head + body);
      expect(answer).toContain('5\r\nwhole\r\n0\r\n\r\n');
      expect(answer.toLowerCase()).not.toContain('x-sum');
      const [received] = backends.only.received;
      expect(String(await received?.body)).toBe('mine');
      expect(received?.rawHeaders.join().toLowerCase()).not.toMatch(/trailer|x-mine/);
    });

    it('lose the headers of the hop, those that Connection names too', async () => {
      const { origin } = await serve(host, {
        backends: {
          only: (_request, response) => {
            response.setHeader('connection', 'close, X-Hop');
            response.setHeader('x-hop', '1');
            response.setHeader('keep-alive', 'timeout=99');
            response.setHeader('proxy-authenticate', 'Basic');
            response.setHeader('trailer', 'x-checksum');
            response.setHeader('upgrade', 'h2c');
            response.setHeader('x-end', '1');
            response.write('a');
            response.end('b');
          },
        },
      });
      const { headers, text } = await call(origin, '/', { headers: { connection: 'keep-alive' } });
      expect(text).toBe('ab');
      const { connection, 'transfer-encoding': coding, date, 'x-powered-by': _, ...rest } = headers;
      expect(connection).toBe('keep-alive');
      expect(coding).toBe('chunked');
      expect(date).toBeDefined();
      expect(rest).toEqual({ 'keep-alive': 'timeout=5', 'x-end': '1' });
    });

    it.each([200, 201, 202, 206, 301, 302, 307, 400, 401, 403, 404, 418, 451, 599])(
      'keep their status: %i',
      async (status) => {
        const { origin } = await serve(host, { backends: { only: answers(status, 'text') } });
        const called = await call(origin, '/');
        expect([called.status, called.text]).toEqual([status, 'text']);
      },
    );

    it.each([
      ['204', 'GET', 204, {}],
      ['205', 'GET', 205, { 'content-length': '0' }],
      ['304 with the length of what it stands for', 'GET', 304, { 'content-length': '1234' }],
      ['HEAD with a length', 'HEAD', 200, { 'content-length': '1234' }],
      ['HEAD without one', 'HEAD', 200, {}],
    ])('without a body: %s', async (_, method, status, headers) => {
      const { origin, backends } = await serve(host, {
        backends: {
          a: refuses(),
          b: (_request, response) => {
            response.writeHead(status, { ...headers, etag: '"1"' });
            response.end();
          },
        },
      });
      const called = await call(origin, '/', { method, headers: { 'if-none-match': '"1"' } });
      expect([called.status, called.body.length]).toEqual([status, 0]);
      expect(called.headers).toMatchObject({ ...headers, etag: '"1"' });
      expect(backends.b.received[0]?.method).toBe(method);
    });

    it('keep the connection of a caller usable after every kind of answer', async () => {
      const { origin } = await serve(host, {
        backends: {
          only: async (request, response, received) => {
            await received.body;
            const status = Number(request.url?.slice(1));
            response.writeHead(status, status === 304 ? { 'content-length': 99 } : {});
            response.end(status === 204 || status === 304 ? undefined : 'body');
          },
        },
      });
      const bytes = ['HEAD /200', 'GET /204', 'GET /304', 'POST /500', 'GET /200']
        .map((line) => {
          const length = line.startsWith('POST') ? 'Content-Length: 2\r\n\r\nhi' : '\r\n';
          return `${line} HTTP/1.1\r\nHost: a\r\n${length}`;
        })
        .join('')
        .replace(/\r\n$/, 'Connection: close\r\n\r\n');
      const text = await rawCall(origin, bytes);
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(
        [200, 204, 304, 500, 200].map((status) => `HTTP/1.1 ${status}`),
      );
    });

    it.each([
      ['102', (r: import('node:http').ServerResponse) => r.writeProcessing()],
      [
        '103',
        (r: import('node:http').ServerResponse) => r.writeEarlyHints({ link: '</a.css>; rel=x' }),
      ],
    ])('come after interim ones: %s', async (_, interim) => {
      const { origin } = await serve(host, {
        backends: {
          only: (_request, response) => {
            for (let index = 0; index < 20; index++) interim(response);
            response.end('at last');
          },
        },
      });
      const { status, text } = await call(origin, '/', { method: 'POST', body: 'x' });
      expect([status, text]).toEqual([200, 'at last']);
    });

    it('may be empty, tiny or split within a character', async () => {
      const euro = Buffer.from('€');
      const { origin } = await serve(host, {
        backends: {
          only: (_request, response) => {
            response.write(euro.subarray(0, 1));
            setImmediate(() => response.end(euro.subarray(1)));
          },
        },
      });
      expect((await call(origin, '/')).text).toBe('€');
    });
  });
}
