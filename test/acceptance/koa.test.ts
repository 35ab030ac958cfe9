import { gzipSync } from 'node:zlib';
import { bodyParser } from '@koa/bodyparser';
import { keepRawBody, type OnReject, type ProblemError } from '@spillway/koa';
import express from 'express';
import Koa, { type Context, type Middleware } from 'koa';
import mount from 'koa-mount';
import Koa2 from 'koa2';
import { describe, expect, it } from 'vitest';
import type { HostApp } from '../support/adapter-host.ts';
import { type Answer, answers, refuses, sha256, startBackend } from '../support/backend.ts';
import { type CallOptions, call, rawCall } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/until.ts';

type BodyParserOptions = NonNullable<Parameters<typeof bodyParser>[0]>;

const breaksOff: Answer = (request) => void request.socket.destroy();
const BOM = '\uFEFF';
const text = '{"n":12345678901234567890,  "text":"ä€😀"}';
const json = { 'content-type': 'application/json' };

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
])('%s', (_, Application) => {
  const host = koaHost(Application);
  const use = (app: HostApp, ...middleware: Middleware[]) => {
    for (const each of middleware) app.mount('/', each);
  };

  /** Two backends, of which the first refuses, behind this middleware. */
  const serveBehind = (...middleware: Middleware[]) =>
    serve(host, {
      backends: { ptu: refuses(), payg: answers(200) },
      app({ app, spillway, pool }) {
        use(app, ...middleware);
        app.mount('/', spillway.proxy(pool));
      },
    });

  async function post({ origin }: { origin: string }, options: CallOptions) {
    return within(3_000, call(origin, '/', { method: 'POST', ...options }));
  }

  describe('a parser that keeps ctx.request.rawBody', () => {
    const parser = (options: BodyParserOptions = {}) =>
      bodyParser({ enableTypes: ['json', 'form', 'text'], ...options });

    it.each<[string, CallOptions, BodyParserOptions?]>([
      ['JSON', { body: text, headers: json }],
      ['JSON with the charset said', { body: text, headers: charset('utf-8') }],
      ['JSON in the default of old libraries', { body: text, headers: charset('"UTF8"') }],
      ['a form', { body: 'a=%FF&b=ä', headers: type('application/x-www-form-urlencoded') }],
      ['text', { body: 'ä\r\n\0', headers: type('text/plain') }],
      ['of no coding, said', { body: text, headers: { ...json, 'content-encoding': 'identity' } }],
      ['kept on both requests', { body: text, headers: json }, { patchNode: true }],
    ])('is enough where the bytes are sure: %s', async (_what, options, parsing) => {
      const served = await serveBehind(parser(parsing));
      expect((await post(served, options)).status).toBe(200);
      const { headers, sha256: hash } = await served.backends.payg.request();
      expect(hash).toBe(sha256(String(options.body)));
      expect(headers).toMatchObject(options.headers as object);
    });

    it.each<[string, CallOptions]>([
      ['of unknown length', { body: text, headers: json, chunkBytes: 9 }],
      ['compressed', { body: gzipSync(text), headers: { ...json, 'content-encoding': 'gzip' } }],
      ['with a byte order mark', { body: BOM + text, headers: json }],
      ['text with a byte order mark', { body: `${BOM}a`, headers: type('text/plain') }],
      ['not UTF-8', { body: Buffer.from('{"a":"\xe4"}', 'latin1'), headers: json }],
      ['as if not UTF-8', { body: '{"a":"\uFFFD"}', headers: json }],
      ['of another charset', { body: '{"a":1}', headers: charset('utf-16') }],
    ])('is not enough where they are not: %s', async (_what, options) => {
      const served = await serveBehind(parser());
      const called = await post(served, options);
      expect([called.status, called.json().code]).toEqual([500, 'body_consumed']);
      expect(called.json().detail).toContain('app.use(keepRawBody)');
      expect(served.counts()).toEqual({ ptu: 0, payg: 0 });
    });

    it('is enough when it is a Buffer', async () => {
      const served = await serveBehind(async (ctx, next) => {
        const chunks: Buffer[] = [];
        for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
        Object.assign(ctx.request, { rawBody: Buffer.concat(chunks) });
        await next();
      });
      const body = Buffer.from([0xff, 0xfe, 0]);
      expect((await post(served, { body, chunkBytes: 2 })).status).toBe(200);
      expect((await served.backends.payg.request()).sha256).toBe(sha256(body));
    });
  });

  describe('keepRawBody', () => {
    const delay: Middleware = async (_ctx, next) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await next();
    };

    it.each<[string, CallOptions]>([
      ['with a byte order mark', { body: BOM + text, headers: json }],
      ['chunked, with a byte order mark', { body: BOM + text, headers: json, chunkBytes: 2 }],
      ['not UTF-8', { body: Buffer.from('{"a":"\xe4"}', 'latin1'), headers: json }],
      ['of several reads', { body: JSON.stringify(['x'.repeat(500_000)]), headers: json }],
      ['compressed', { body: gzipSync(text), headers: { ...json, 'content-encoding': 'gzip' } }],
      ['that no parser reads', { body: Buffer.alloc(900_000, 'abc') }],
    ])('keeps the body as it came: %s', async (_what, options) => {
      for (const before of [[], [delay], [keepRawBody]]) {
        const served = await serveBehind(...before, keepRawBody, bodyParser());
        expect((await post(served, options)).status).toBe(200);
        const received = await served.backends.payg.request();
        expect(received.sha256).toBe(sha256(options.body as Buffer));
        expect(received.headers).toMatchObject(options.headers ?? {});
      }
    });

    it('serves a proxy that stands before the parser in the code and after it in time', async () => {
      const served = await serve(host, {
        backends: { only: answers(200) },
        app({ app, spillway, pool }) {
          const forward = spillway.proxy(pool) as unknown as Middleware;
          const fallback: Middleware = async (ctx, next) => {
            await next();
            if (ctx.status === 404) await forward(ctx as never, next);
          };
          use(app, fallback, keepRawBody, bodyParser());
        },
      });
      expect((await post(served, { body: text, headers: json })).status).toBe(200);
      expect((await served.backends.only.request()).sha256).toBe(sha256(text));
    });

    it('leaves a body that nobody reads to be thrown away', async () => {
      const { origin } = await serveBehind(delay, keepRawBody, (ctx) => {
        ctx.body = 'own';
      });
      const body = 'x'.repeat(300_000);
      const first = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const second = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
      const answer = await within(3_000, rawCall(origin, first + second));
      expect(answer.match(/own/g)).toHaveLength(2);
    });

    it('does not change what the parser refuses', async () => {
      const served = await serveBehind(keepRawBody, bodyParser({ jsonLimit: '1kb' }));
      const body = JSON.stringify('x'.repeat(2_000));
      expect((await post(served, { body, headers: json })).status).toBe(413);
      expect((await post(served, { body, headers: json, chunkBytes: 90 })).status).toBe(413);
    });
  });

  describe('the proxy', () => {
    it("gives the affinity's key Koa's own request", async () => {
      const seen: unknown[] = [];
      const { origin } = await serve(host, {
        backends: { only: answers(200) },
        pool: {
          affinity: {
            key: (request: Koa.Request) => {
              seen.push([request.method, request.url, request.headers['x-a'], request.path]);
              return request.ctx.state.user as string;
            },
          } as never,
        },
        app({ app, spillway, pool }) {
          use(app, (ctx, next) => {
            ctx.state.user = 'me';
            return next();
          });
          app.mount('/v1', spillway.proxy(pool));
        },
      });
      await call(origin, '/v1/a?b=c', { headers: { 'x-a': '1' } });
      expect(seen).toEqual([['GET', '/a?b=c', '1', '/a']]);
    });

    it('sends what is left of the path below applications within applications', async () => {
      const paths: unknown[] = [];
      const { origin, backends } = await serve(host, {
        backends: { only: answers(200) },
        base: '/base',
        app({ app, spillway, pool }) {
          const inner = new Application();
          inner.use(mount('/chat', spillway.proxy(pool) as unknown as Middleware));
          use(app, async (ctx, next) => {
            await next();
            paths.push(ctx.path, ctx.url);
          });
          app.mount('/v1', inner);
        },
      });
      await call(origin, '/v1/chat/completions?a=%2F');
      expect((await backends.only.request()).url).toBe('/base/completions?a=%2F');
      expect(paths).toEqual(['/v1/chat/completions', '/v1/chat/completions?a=%2F']);
    });

    it('answers with the problem that Express answers with, byte for byte', async () => {
      const ask = async (adapter: typeof host) => {
        const { origin, spillway } = await serve(adapter, { backends: { only: answers(200) } });
        await spillway.shutdown();
        const answer = await rawCall(
          origin,
          'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        );
        return answer.replace(/^(Date|X-Powered-By): .*\r\n/gm, '');
      };
      expect(await ask(host)).toBe(await ask(expressHost(express)));
    });
  });

  describe('onReject', () => {
    const serveRejecting = (onReject: OnReject, ...middleware: Middleware[]) =>
      serve(host, {
        backends: { only: breaksOff },
        spillway: { onReject },
        app({ app, spillway, pool }) {
          use(app, ...middleware);
          app.mount('/', spillway.proxy(pool));
          use(app, (ctx) => {
            ctx.body = 'of the next middleware';
          });
        },
      });

    it('is awaited', async () => {
      const { origin } = await serveRejecting(async (error, ctx) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        ctx.status = 418;
        ctx.body = { code: error.code };
      });
      const { status, json: body } = await call(origin, '/');
      expect([status, body()]).toEqual([418, { code: 'bad_gateway' }]);
    });

    it('may hand the request on', async () => {
      const { origin } = await serveRejecting((_error, _ctx, next) => next());
      expect((await call(origin, '/')).text).toBe('of the next middleware');
    });

    it('that rejects is seen by the application, and answered by Koa', async () => {
      const seen: unknown[] = [];
      const failure = Object.assign(new Error('shown'), { status: 409, expose: true });
      const { origin } = await serveRejecting(
        async () => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          throw failure;
        },
        async (ctx, next) => {
          ctx.app.once('error', (error) => seen.push(error));
          await next();
        },
      );
      const { status, text: body } = await call(origin, '/');
      expect([status, body]).toEqual([409, 'shown']);
      expect(seen).toEqual([failure]);
    });

    it('finds ctx.respond as it was', async () => {
      const found: unknown[] = [];
      const onReject = (_error: ProblemError, ctx: Context) => {
        found.push(ctx.respond);
        if (ctx.respond === false) ctx.res.end('by hand');
        else ctx.body = 'by Koa';
      };
      const byHand: Middleware = (ctx, next) => {
        if (ctx.path === '/by-hand') ctx.respond = false;
        return next();
      };
      const { origin } = await serveRejecting(onReject, byHand);
      expect((await call(origin, '/')).text).toBe('by Koa');
      expect((await call(origin, '/by-hand')).text).toBe('by hand');
      expect(found).toEqual([undefined, false]);
    });

    it.each([
      ['GET', undefined],
      ['POST', 'a body that the first pool has read'],
    ])('that calls next() hands the request to the next pool: %s', async (method, body) => {
      const second = await startBackend(answers(200, 'from the second pool'));
      const { origin } = await serve(host, {
        backends: { only: breaksOff },
        app({ app, spillway, pool }) {
          const backends = [{ id: 'only', url: second.url }];
          const onReject: OnReject = (_error, _ctx, next) => next();
          app.mount('/', spillway.proxy(pool, { onReject }));
          app.mount('/', spillway.proxy(spillway.pool('second', { backends })));
        },
      });
      const called = await call(origin, '/', { method, ...(body && { body }) });
      expect([called.status, called.text]).toEqual([200, 'from the second pool']);
      expect(String(await second.received[0]?.body)).toBe(body ?? '');
    });
  });
});

function type(contentType: string): Record<string, string> {
  return { 'content-type': contentType };
}

function charset(name: string): Record<string, string> {
  return type(`application/json; charset=${name}`);
}
