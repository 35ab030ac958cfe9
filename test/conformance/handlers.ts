import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PoolOptions, ProblemError } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { hangs, refuses, sha256, startBackend } from '../support/backend.ts';
import { call, nextChunk, open, read } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serveApp } from '../support/serve-app.ts';
import { until, within } from '../support/until.ts';

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

const bodyOf = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
const says =
  (text: string, status = 200): Handler =>
  (_request, response) => {
    response.statusCode = status;
    response.end(text);
  };

/** Rule 19: handlers of this process as backends. */
export function describeHandlers(host: AdapterHost): void {
  const withPool = async (options: PoolOptions, spillwayOptions = {}) => {
    let pool: HttpPool | undefined;
    const served = await serveApp(
      host,
      (app, spillway) => {
        pool = spillway.pool('versions', options);
        app.mount('/api', spillway.proxy(pool));
        app.handle('/api/next', () => 'what comes next');
        app.onError((error) => ({ status: 555, body: (error as Error).message }));
      },
      spillwayOptions,
    );
    return { ...served, pool: pool as HttpPool };
  };

  describe('handlers as backends', () => {
    it('answer the caller themselves, and are split like services', async () => {
      const { origin, pool } = await withPool({
        backends: [
          { id: 'v1', handler: says('one') },
          { id: 'v2', handler: says('two', 201) },
        ],
      });
      pool.setTraffic({ v1: 0.75, v2: 0.25 });
      const seen: Record<string, number> = {};
      for (let index = 0; index < 40; index++) {
        const { status, text } = await call(origin, '/api/x');
        seen[`${status} ${text}`] = (seen[`${status} ${text}`] ?? 0) + 1;
      }
      expect(seen).toEqual({ '200 one': 30, '201 two': 10 });
      await until(() => {
        expect(pool.status().backends.map(({ attempts }) => attempts.success)).toEqual([30, 10]);
      });
      expect(pool.status().backends[0]).not.toHaveProperty('url');
    });

    it('are given the request as it came, with its body and path', async () => {
      const { origin } = await withPool({
        backends: [
          {
            id: 'v1',
            handler: async (request: IncomingMessage, response: ServerResponse) => {
              response.end(`${request.method} ${request.url} ${sha256(await bodyOf(request))}`);
            },
          },
        ],
      });
      for (const bytes of [0, 100, 500_000]) {
        const body = Buffer.alloc(bytes, 'b');
        const { text } = await call(origin, '/api/path?q=1', { method: 'PUT', body });
        expect(text).toBe(`PUT /path?q=1 ${sha256(body)}`);
      }
    });

    it('stand beside backends behind HTTP, which get bodies of any size too', async () => {
      const remote = await startBackend(async (request, response, received) => {
        await received.body;
        response.end(`${request.url} ${received.sha256}`);
      });
      const { origin, pool } = await withPool({
        backends: [
          { id: 'here', handler: says('here') },
          { id: 'there', url: remote.url, weight: 0 },
        ],
      });
      expect((await call(origin, '/api/x')).text).toBe('here');
      pool.setTraffic({ there: 1 });
      for (const bytes of [0, 100, 500_000]) {
        const body = Buffer.alloc(bytes, 'b');
        const { text } = await call(origin, '/api/y', { method: 'POST', body });
        expect(text).toBe(`/y ${sha256(body)}`);
      }
    });

    it('serve when a backend behind HTTP refuses', async () => {
      const remote = await startBackend(refuses());
      const { origin } = await withPool({
        backends: [
          { id: 'there', url: remote.url },
          { id: 'here', handler: says('here'), priority: 2 },
        ],
      });
      expect((await call(origin, '/api/x')).text).toBe('here');
      expect((await call(origin, '/api/x', { method: 'POST', body: 'a body' })).text).toBe('here');
    });

    it('serve what waited for a place when the first of them came, as any other request', async () => {
      const storage = new AsyncLocalStorage<string>();
      const came: IncomingMessage[] = [];
      const given: [request: IncomingMessage, stored: string | undefined, body: string][] = [];
      const remote = await startBackend(hangs);
      let pool: HttpPool | undefined;
      const { origin } = await serveApp(host, (app, spillway) => {
        pool = spillway.pool('versions', {
          backends: [{ id: 'there', url: remote.url, maxCount: 1 }],
          queue: { maxQueueLength: 5 },
        });
        app.before((request) => void came.push(request));
        app.store(storage, (request) => String(request.url));
        app.mount('/', spillway.proxy(pool));
        app.handle('/next', () => 'what comes next');
      });
      open(origin, '/hangs').request.end();
      await remote.request();
      const waiting = [
        call(origin, '/get'),
        call(origin, '/post', { method: 'POST', body: 'a body' }),
        call(origin, '/next'),
      ];
      await until(() => expect(pool?.status().waiting).toBe(3));
      pool?.add({
        id: 'here',
        priority: 2,
        handler: async (request: IncomingMessage, response: ServerResponse, next: () => void) => {
          given.push([request, storage.getStore(), (await bodyOf(request)).toString()]);
          if (request.url === '/next') next();
          else response.end(`here ${request.url}`);
        },
      });
      const answers = await within(3_000, Promise.all(waiting));
      expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual([
        '200 here /get',
        '200 here /post',
        '200 what comes next',
      ]);
      for (const [request, stored, body] of given) {
        expect(came).toContain(request);
        expect([stored, body]).toEqual([request.url, request.url === '/post' ? 'a body' : '']);
      }
    });

    it('are not made again elsewhere, whatever they answer, and trip their breaker', async () => {
      const clock = new FakeClock();
      const { origin, pool } = await withPool(
        {
          backends: [
            {
              id: 'v1',
              handler: says('broken', 503),
              breaker: { failureCount: 2, tripDurationMs: 5_000 },
            },
            { id: 'v2', handler: says('spare'), priority: 2 },
          ],
        },
        { clock },
      );
      for (let index = 0; index < 2; index++) {
        expect((await call(origin, '/api/x')).text).toBe('broken');
      }
      expect((await call(origin, '/api/x')).text).toBe('spare');
      expect(pool.status().backends[0]?.breaker).toMatchObject({ state: 'open', trips: 1 });
      clock.advance(5_000);
      expect((await call(origin, '/api/x')).text).toBe('broken');
    });

    it('pass on with next(), and fail with next(error), a throw or a rejection', async () => {
      const failure = new Error('of the handler');
      const handlers: Record<string, Handler> = {
        next: (_request, _response, next) => next(),
        error: (_request, _response, next) => next(failure),
        throws: () => {
          throw failure;
        },
        rejects: () => Promise.reject(failure),
      };
      const { origin, pool } = await withPool({
        backends: [
          {
            id: 'v1',
            handler: (request: IncomingMessage, response: ServerResponse, next: () => void) =>
              handlers[request.url?.slice(1) ?? '']?.(request, response, next),
          },
        ],
      });
      expect((await call(origin, '/api/next')).text).toBe('what comes next');
      for (const path of ['error', 'throws', 'rejects']) {
        const { status, text } = await call(origin, `/api/${path}`);
        expect([path, status, text]).toEqual([path, 555, 'of the handler']);
      }
      await until(() => expect(pool.status().running).toBe(0));
    });

    it('hold their place until the response has ended, or its caller has left', async () => {
      const { origin, pool } = await withPool({
        backends: [
          {
            id: 'v1',
            maxCount: 1,
            handler: (_request: unknown, response: ServerResponse) => void response.write('begun'),
          },
        ],
      });
      const { request, response, leave } = open(origin, '/api/x');
      request.end();
      await nextChunk(await response);
      expect(pool.status().running).toBe(1);
      expect((await call(origin, '/api/x')).status).toBe(503);
      leave();
      await until(() => expect(pool.status().running).toBe(0));
    });

    it('get a request and a response of their own as shadows', async () => {
      const copies: string[] = [];
      const { origin, pool } = await withPool({
        backends: [
          { id: 'v1', handler: says('one') },
          {
            id: 'v2',
            weight: 0,
            handler: async (request: IncomingMessage, response: ServerResponse) => {
              copies.push(`${request.method} ${request.url} ${(await bodyOf(request)).toString()}`);
              response.setHeader('x-never', 'seen');
              response.end('two');
            },
          },
        ],
      });
      const compared: string[] = [];
      pool.setShadow('v2', 1, {
        methods: 'all',
        compare: (primary, shadow) => void compared.push(`${primary.status} ${shadow.body}`),
      });
      const got = await call(origin, '/api/a?b=1', { method: 'GET' });
      expect([got.text, got.headers['x-never']]).toEqual(['one', undefined]);
      await until(() => expect(copies).toEqual(['GET /a?b=1 ']));
      await until(() => expect(compared).toEqual(['200 two']));
    });

    it('as shadows see the host that the caller has asked', async () => {
      const hosts: unknown[] = [];
      const handler: Handler = (request, response) => {
        hosts.push(request.headers.host);
        response.end();
      };
      const { origin, pool } = await withPool({
        backends: [
          { id: 'v1', handler },
          { id: 'v2', handler, weight: 0 },
        ],
      });
      pool.setShadow('v2', 1);
      await call(origin, '/api/x', { headers: { host: 'tenant.example' } });
      await until(() => expect(hosts).toEqual(['tenant.example', 'tenant.example']));
    });

    it('as shadows get the body that a handler has read', async () => {
      const copies: string[] = [];
      const reads =
        (name: string): Handler =>
        async (request, response) => {
          copies.push(`${name} ${(await bodyOf(request)).toString()}`);
          response.end(name);
        };
      const { origin, pool } = await withPool({
        backends: [
          { id: 'v1', handler: reads('one') },
          { id: 'v2', handler: reads('two'), weight: 0 },
        ],
      });
      pool.setShadow('v2', 1, { methods: 'all' });
      await call(origin, '/api/', { method: 'POST', body: 'the body' });
      await until(() => expect(copies).toEqual(['one the body', 'two the body']));
    });

    it('as shadows get the body that a backend behind HTTP is sent, while it comes', async () => {
      const remote = await startBackend(async (_request, response, received) => {
        await received.body;
        response.end('there');
      });
      const copies: string[] = [];
      const { origin, pool } = await withPool({
        backends: [
          { id: 'there', url: remote.url },
          {
            id: 'here',
            handler: async (request: IncomingMessage, response: ServerResponse) => {
              copies.push((await bodyOf(request)).toString());
              response.end('here');
            },
            weight: 0,
          },
        ],
      });
      pool.setShadow('here', 1, { methods: 'all' });
      const { request, response } = open(origin, '/api/', { method: 'POST' });
      request.write('the first part, ');
      await until(() => expect(remote.received).toHaveLength(1));
      request.end('the second');
      expect((await read(await response)).text).toBe('there');
      await until(() => expect(copies).toEqual(['the first part, the second']));
    });

    it.each([100, 100_000])(
      'let shadows have the body of %i bytes that a URL is sent',
      async (bytes) => {
        const [main, copy] = [await startBackend(), await startBackend()];
        const { origin, pool } = await withPool({
          backends: [
            { id: 'here', handler: says('here'), weight: 0 },
            { id: 'main', url: main.url },
            { id: 'copy', url: copy.url, weight: 0 },
          ],
        });
        pool.setShadow('copy', 1, { methods: 'all' });
        const body = Buffer.alloc(bytes, 'b');
        await call(origin, '/api/', { method: 'POST', body });
        await call(origin, '/api/', { method: 'POST', body, chunkBytes: bytes / 4 });
        for (const index of [0, 1]) {
          const { body } = await copy.request(index);
          expect((await within(2_000, body))?.length).toBe(bytes);
        }
      },
    );

    it('have nothing kept of a body that is too large for shadows', async () => {
      const { origin, pool } = await withPool({
        backends: [
          { id: 'v1', handler: () => {} },
          { id: 'v2', handler: says('two'), weight: 0 },
        ],
        retry: { maxBodyBytes: 1_000 },
      });
      pool.setShadow('v2', 1, { methods: 'all' });
      const headers = { 'content-length': 1_001 };
      const { request, response, leave } = open(origin, '/api/', { method: 'POST', headers });
      request.flushHeaders();
      // Known before any of it has come.
      await until(() => expect(pool.status().shadows[0]?.requests.dropped).toBe(1));
      leave();
      await expect(response).rejects.toThrow();
    });

    it('are compared by the headers that a caller is sent', async () => {
      const answer: Handler = (_request, response) => {
        response.setHeader('x-number', 5);
        response.writeHead(200, { 'content-length': 2 });
        response.end('ok');
      };
      const { origin, pool } = await withPool({
        backends: [
          { id: 'v1', handler: answer },
          { id: 'v2', handler: answer, weight: 0 },
        ],
      });
      const compared: unknown[] = [];
      pool.setShadow('v2', 1, {
        compare: (...both) => {
          for (const { headers } of both) {
            compared.push([headers['x-number'], headers['content-length']]);
          }
        },
      });
      await call(origin, '/api/x');
      await until(() =>
        expect(compared).toEqual([
          ['5', '2'],
          ['5', '2'],
        ]),
      );
    });

    it('are compared without a body when the request is a HEAD', async () => {
      const { origin, pool } = await withPool({
        backends: [
          { id: 'v1', handler: says('one') },
          { id: 'v2', handler: says('one'), weight: 0 },
        ],
      });
      const bodies: string[] = [];
      pool.setShadow('v2', 1, {
        compare: (...both) => void bodies.push(...both.map(({ body }) => body.toString())),
      });
      await call(origin, '/api/x', { method: 'HEAD' });
      await until(() => expect(bodies).toEqual(['', '']));
      await call(origin, '/api/x');
      await until(() => expect(bodies).toEqual(['', '', 'one', 'one']));
    });

    it('serve pool.fetch, too', async () => {
      const { pool } = await withPool({
        backends: [
          {
            id: 'v1',
            handler: async (request: IncomingMessage, response: ServerResponse) => {
              response.setHeader('x-path', String(request.url));
              response.end((await bodyOf(request)).toString().toUpperCase());
            },
          },
        ],
      });
      const answer = await pool.fetch('/shout', { method: 'POST', body: 'quiet' });
      expect([answer.status, answer.headers.get('x-path'), await answer.text()]).toEqual([
        200,
        '/shout',
        'QUIET',
      ]);
    });

    it('are ended with 503 when the time for shutting down is over', async () => {
      const responses: ServerResponse[] = [];
      const { origin, spillway, server } = await withPool({
        backends: [
          {
            id: 'v1',
            handler: (_request: unknown, response: ServerResponse) => void responses.push(response),
          },
        ],
      });
      const calling = call(origin, '/api/x');
      await until(() => expect(responses).toHaveLength(1));
      const done = spillway.shutdown({ server, timeoutMs: 20 });
      const answer = await calling;
      expect([answer.status, answer.json().code]).toEqual([503, 'shutting_down']);
      responses[0]?.end('too late');
      await within(3_000, done);
    });

    it.each<[string, (problem: ProblemError) => { status: number; body: string } | undefined]>([
      ['answers', ({ code }) => ({ status: 418, body: `own ${code}` })],
      ['passes it on', () => undefined],
    ])('leave the end of shutting down to onReject, which %s', async (_, answer) => {
      const responses: ServerResponse[] = [];
      const { origin, spillway, server } = await withPool(
        {
          backends: [
            {
              id: 'v1',
              handler: (_request: unknown, response: ServerResponse) =>
                void responses.push(response),
            },
          ],
        },
        { onReject: host.onReject(answer) },
      );
      const calling = call(origin, '/api/x');
      await until(() => expect(responses).toHaveLength(1));
      const done = spillway.shutdown({ server, timeoutMs: 20 });
      const { status, text } = await calling;
      if (answer({} as ProblemError) === undefined) expect(status).toBe(555);
      else expect([status, text]).toEqual([418, 'own shutting_down']);
      const [response] = responses;
      expect(() => response?.setHeader('x-too', 'late').end('too late')).not.toThrow();
      await within(3_000, done);
    });

    it.each<[string, (response: ServerResponse) => void]>([
      ['setHeader', (response) => void response.setHeader('set-cookie', ['own=1', 'two=2'])],
      [
        'an object',
        (response) => void response.writeHead(200, { 'Set-Cookie': ['own=1', 'two=2'] }),
      ],
      [
        'a flat array',
        (response) =>
          void response.writeHead(200, ['Set-Cookie', 'own=1', 'x-a', 'b', 'set-cookie', 'two=2']),
      ],
      [
        'a flat array with a list',
        (response) => void response.writeHead(200, 'fine', ['set-cookie', ['own=1', 'two=2']]),
      ],
      [
        'an array of pairs',
        (response) =>
          void response.writeHead(200, [
            ['set-cookie', 'own=1'],
            ['Set-Cookie', 'two=2'],
          ] as never),
      ],
    ])('set the cookie of the affinity beside their own: %s', async (_, set) => {
      const { origin } = await withPool({
        backends: [
          {
            id: 'v1',
            handler: (_request: unknown, response: ServerResponse) => {
              set(response);
              response.end('x');
            },
          },
        ],
        affinity: { cookie: 'version' },
      });
      const cookies = (await call(origin, '/api/x')).headers['set-cookie'] ?? [];
      expect(cookies.map((one) => one.replace(/^version=.*/, 'version'))).toEqual([
        'own=1',
        'two=2',
        'version',
      ]);
    });

    it('set the cookie of the affinity', async () => {
      const { origin } = await withPool({
        backends: [{ id: 'v1', handler: says('one') }],
        affinity: { cookie: 'version' },
      });
      const { headers } = await call(origin, '/api/x');
      expect(headers['set-cookie']?.[0]).toMatch(/^version=.*HttpOnly; SameSite=Lax$/);
    });

    it.each<[string, object, RegExp]>([
      [
        'both',
        { url: 'http://a.test', handler: () => {} },
        /must have exactly one of 'url' and 'h/,
      ],
      ['neither', {}, /must have exactly one of 'url' and 'handler'/],
      ['no function', { handler: 'v1' }, /\.handler must be a function, or a Koa application/],
      ['headers', { handler: () => {}, headers: { a: 'b' } }, /\.headers has no meaning beside/],
    ])('are refused with %s', (_, options, message) => {
      const spillway = host.createSpillway();
      const make = () => spillway.pool('p', { backends: [{ id: 'a', ...options }] });
      expect(make).toThrow(message);
    });
  });

  it('a whole answer of a handler is read by a slow caller', async () => {
    const { origin } = await withPool({
      backends: [{ id: 'v1', handler: says('x'.repeat(3_000_000)) }],
    });
    const { request, response } = open(origin, '/api/x');
    request.end();
    expect((await read(await response)).text).toHaveLength(3_000_000);
  });
}
