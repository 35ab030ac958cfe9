import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers, hangs } from '../support/backend.ts';
import { call, open, read } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';
import { behind, uncaughtErrors } from './helpers.ts';

const host = expressHost(express);

describe('middleware that answers before the proxy is reached', () => {
  it.each<[string, RequestHandler]>([
    [
      'and passes the request on at once',
      (_req, res, next) => {
        res.end('mine');
        next();
      },
    ],
    [
      'and passes the request on when the answer has gone',
      (_req, res, next) => {
        res.end('mine', () => setImmediate(next));
      },
    ],
  ])('keeps its answer, and asks no backend: %s', async (_, middleware) => {
    const { origin, counts } = await serve(host, {
      backends: { only: answers(200, 'late') },
      app: behind(middleware),
    });
    const called = await within(3_000, call(origin, '/', { method: 'POST', body: 'x' }));
    expect(called.text).toBe('mine');
    expect(counts()).toEqual({ only: 0 });
  });

  it.each<[string, RequestHandler]>([
    ['response', (_req, res) => void res.destroy()],
    ['request', (req) => void req.destroy()],
  ])('by destroying the %s asks no backend', async (_, destroy) => {
    const { origin, counts, settled } = await serve(host, {
      backends: { only: answers(200, 'late') },
      app: behind((req, res, next) => {
        res.once('close', () => setImmediate(next));
        destroy(req, res, next);
      }),
    });
    const called = call(origin, '/', { method: 'POST', body: 'x' });
    await expect(within(3_000, called)).rejects.toThrow('socket hang up');
    await settled();
    expect(counts()).toEqual({ only: 0 });
  });

  it.each(['', 'body'])('with a head cannot make the proxy hang: %j', async (body) => {
    const { origin, counts, settled } = await serve(host, {
      backends: { only: answers(200, body, { 'content-length': String(body.length) }) },
      app: behind((_req, res, next) => {
        res.writeHead(200);
        next();
      }),
    });
    await expect(within(3_000, call(origin, '/'))).rejects.toThrow('socket hang up');
    await settled();
    expect(counts()).toEqual({ only: 1 });
  });
});

describe('middleware that answers before the backend does', () => {
  it('makes the attempt count as nothing', async () => {
    const { origin, backends, pool, settled } = await serve(host, {
      backends: { only: hangs },
      pool: { breaker: { failureCount: 1 } },
      app: behind((_req, res, next) => {
        void backends.only.request().then(() => res.status(504).end('own'));
        next();
      }),
    });
    const { status, text } = await within(3_000, call(origin, '/'));
    expect([status, text]).toEqual([504, 'own']);
    await settled();
    expect(pool.status().backends[0]).toMatchObject({
      breaker: { trips: 0 },
      attempts: { cancelled: 1, reset: 0 },
    });
  });

  it('has its answer delivered whole to a slow caller although the backend answers then', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { origin, backends, settled } = await serve(host, {
      backends: {
        only: async (_request, response) => {
          await begun;
          response.end('late');
        },
      },
      app: behind((_req, res, next) => {
        void backends.only.request().then(() => res.status(503).end(Buffer.alloc(8_000_000)));
        next();
      }),
    });
    const { request, response } = open(origin, '/');
    request.end();
    const answer = await response;
    begin();
    await settled();
    const { status, body } = await within(3_000, read(answer));
    expect([status, body.length]).toEqual([503, 8_000_000]);
  });
});

describe('middleware that ends the response while the proxy streams', () => {
  it('is not followed by further writes', async () => {
    const errors = uncaughtErrors();
    const begun = Promise.withResolvers<ServerResponse>();
    const answer = Promise.withResolvers<ServerResponse>();
    const { app, settled } = await serve(host, {
      backends: {
        only: (_request, response) => {
          response.write(Buffer.alloc(20_000_000));
          begun.resolve(response);
        },
      },
      app: behind((_req, res, next) => {
        answer.resolve(res);
        next();
      }),
    });
    // It takes all that comes, so that nothing pauses the backend, and its caller reads nothing.
    const server = createServer({ highWaterMark: 1_000_000_000 }, app.listener());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { request, response, leave } = open(`http://127.0.0.1:${port}`, '/');
    request.end();
    (await response).pause();
    const ended = await answer.promise;
    await until(() => expect(ended.socket?.writableLength).toBeGreaterThan(0));
    ended.end();
    const backend = await begun.promise;
    backend.write('more, that nobody is to get');
    // The backend is let go: nothing more of its answer can be passed on.
    await once(backend, 'close');
    await settled();
    leave();
    expect(errors).toEqual([]);
  });
});
