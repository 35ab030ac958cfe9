import express, { type RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';
import { answers, hangs } from '../support/backend.ts';
import { call, open, read } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/until.ts';
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
    let pausedAndEnded = false;
    const { origin, backends, settled } = await serve(host, {
      backends: {
        only: (_request, response) => {
          const timer = setInterval(() => response.write(Buffer.alloc(40_000)), 1);
          response.on('close', () => clearInterval(timer));
          response.write('begin');
        },
      },
      app: behind((_req, res, next) => {
        const { write } = res;
        // As a deadline of the application's own would, while the caller has yet to take something.
        res.write = ((...args: Parameters<typeof write>) => {
          const willing = write.apply(res, args);
          if (!pausedAndEnded && (res.socket?.writableLength ?? 0) > 0) {
            pausedAndEnded = true;
            queueMicrotask(() => res.end());
          }
          return willing;
        }) as typeof write;
        next();
      }),
    });
    const { request, response, leave } = open(origin, '/');
    request.end();
    await response;
    expect(await (await backends.only.request()).closed).toBe('aborted');
    expect(pausedAndEnded).toBe(true);
    leave();
    await settled();
    expect(errors).toEqual([]);
  });
});
