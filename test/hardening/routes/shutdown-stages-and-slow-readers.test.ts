import { PassThrough } from 'node:stream';
import type { NextFunction, Request, Response } from 'express';
import type Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { call, rawCaller } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';
import { uncaughtErrors } from '../helpers.ts';
import { hosts, turns } from './hosts.ts';

describe.each(hosts)('%s: shutting down', (_, host) => {
  const stages: [
    string,
    (job: import('../../support/handler.ts').HandlerCall) => void | Promise<void>,
  ][] = [
    [
      'a stream that does not end',
      (job) => {
        const s = new PassThrough();
        s.write('begun');
        job.response.setHeader('content-type', 'text/plain');
        job.stream(s);
      },
    ],
    ['a handler that hangs', () => new Promise(() => {})],
    [
      'a handler that hangs after its head',
      (job) => {
        job.response.writeHead(200);
        job.response.write('x');
        return new Promise(() => {});
      },
    ],
  ];
  it.each(stages)(
    'cuts %s when the time is up, twice, with and without a server',
    async (_what, handler) => {
      const errors = uncaughtErrors();
      for (const withServer of [true, false]) {
        const { origin, server, spillway } = await serveApp(host, (app, { protect }) => {
          app.route(
            '/',
            [
              protect({
                name: 'a',
                concurrency: { maxCount: 1, maxQueueLength: 5 },
                breaker: { failureCount: 10 },
                timeoutMs: 60_000,
              }),
              protect({ name: 'b', concurrency: { maxCount: 1 }, timeoutMs: 60_000 }),
            ],
            handler,
          );
        });
        const caller = await rawCaller(origin);
        caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        caller.socket.pause();
        await until(() => expect(spillway.status().gates.b?.running).toBe(1));
        await new Promise((r) => setTimeout(r, 50));
        const waiting = call(origin, '/').then(
          ({ status }) => status,
          (e) => e.message,
        );
        await until(() => expect(spillway.status().gates.a?.waiting).toBe(1));
        const options = { timeoutMs: 50, ...(withServer && { server }) };
        const down = [spillway.shutdown(options), spillway.shutdown(options)];
        await within(3_000, Promise.all(down));
        expect(await within(1_000, waiting)).toBe(503);
        expect(spillway.status().gates.a).toMatchObject({ running: 0, waiting: 0 });
        caller.socket.destroy();
      }
      expect(errors).toEqual([]);
    },
  );

  it('lets go of a late handler', async () => {
    const shop = workshop();
    const clock = new FakeClock();
    const { origin, spillway } = await serveApp(
      host,
      (app, { protect }) => {
        app.route(
          '/',
          [
            protect({
              name: 'a',
              concurrency: { maxCount: 1, maxQueueLength: 5 },
              timeoutMs: 1_000,
              abandonMs: 1_000_000,
            }),
          ],
          shop.handler,
        );
      },
      { clock },
    );
    const first = call(origin, '/');
    const job = await shop.job(0);
    clock.advance(1_000);
    await first;
    const down = spillway.shutdown({ timeoutMs: 500 });
    clock.advance(500);
    await within(1_000, down);
    expect(spillway.status().gates.a?.running).toBe(0);
    job.finish();
    await turns();
    expect(spillway.status().gates.a?.running).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe.each(hosts)('%s: whoever reads slowly', (_, host) => {
  it('does not hold a slot for ever when the handler has ended', async () => {
    const clock = new FakeClock();
    const shop = workshop();
    const { origin, spillway } = await serveApp(
      host,
      (app, { protect }) => {
        app.route(
          '/',
          [
            protect({
              name: 'a',
              concurrency: { maxCount: 1, maxQueueLength: 5 },
              timeoutMs: 1_000,
            }),
          ],
          shop.handler,
        );
      },
      { clock },
    );
    const caller = await rawCaller(origin);
    caller.socket.pause();
    caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    (await shop.job(0)).finish(200, 'x'.repeat(30_000_000));
    await new Promise((r) => setTimeout(r, 100));
    clock.advance(3_600_000);
    await turns();
    const running = spillway.status().gates.a?.running;
    caller.socket.destroy();
    expect(running).toBe(0);
  });
});

describe.each(hosts)('%s: an event loop that stood still', (_, host) => {
  it('answers everybody once, and gives everything back', async () => {
    const errors = uncaughtErrors();
    let blocks = true;
    const { origin, spillway } = await serveApp(host, (app, { protect }) => {
      app.route(
        '/',
        [
          protect({
            name: 'a',
            concurrency: { maxCount: 2, maxQueueLength: 20, timeoutMs: 150 },
            timeoutMs: 150,
            abandonMs: 150,
            breaker: { failureCount: 3, tripDurationMs: 10 },
          }),
        ],
        async (job) => {
          await new Promise((r) => setTimeout(r, 140));
          if (blocks) {
            blocks = false;
            const end = Date.now() + 700;
            while (Date.now() < end);
          }
          job.answer(200, 'done');
        },
      );
    });
    const all = await within(
      5_000,
      Promise.all(
        Array.from({ length: 20 }, () =>
          call(origin, '/').then(
            ({ status }) => status,
            (e) => e.message,
          ),
        ),
      ),
    );
    expect(all.every((s) => [200, 503, 504].includes(s as number))).toBe(true);
    await until(() => expect(spillway.status().gates.a).toMatchObject({ running: 0, waiting: 0 }));
    expect(errors).toEqual([]);
    await until(async () => expect((await call(origin, '/')).status).toBe(200));
  });
});

describe.each(hosts)('%s: timeouts and other middleware', (_, host) => {
  const wrap = (
    work: (
      req: import('node:http').IncomingMessage,
      res: import('node:http').ServerResponse,
    ) => void,
  ) =>
    host.settles
      ? async (ctx: Koa.Context, next: Koa.Next) => {
          work(ctx.req, ctx.res);
          await next();
        }
      : (req: Request, res: Response, next: NextFunction) => {
          work(req, res);
          next();
        };
  it('connect-timeout that answers while the request waits takes it out of the queue', async () => {
    const shop = workshop();
    const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.mount(
        '/',
        wrap((req, res) => {
          if (req.headers['x-t'])
            setTimeout(() => {
              res.statusCode = 503;
              res.end('timeout');
            }, 30);
        }),
      );
      app.route(
        '/',
        [limitConcurrency({ name: 'g', maxCount: 1, maxQueueLength: 5 })],
        shop.handler,
      );
    });
    const first = call(origin, '/');
    const job = await shop.job(0);
    expect((await call(origin, '/', { headers: { 'x-t': '1' } })).text).toBe('timeout');
    await until(() => expect(spillway.status().gates.g?.waiting).toBe(0));
    job.finish();
    await first;
    expect(shop.jobs).toHaveLength(1);
  });
  it('server.timeout closes one that waits and one that runs', async () => {
    const shop = workshop();
    const { origin, server, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route(
        '/',
        [limitConcurrency({ name: 'g', maxCount: 1, maxQueueLength: 5, abandonMs: 50 })],
        shop.handler,
      );
    });
    server.setTimeout(100);
    const all = await Promise.all([1, 2].map(() => call(origin, '/').catch(() => 'closed')));
    expect(all).toEqual(['closed', 'closed']);
    await until(() => expect(spillway.status().gates.g).toMatchObject({ running: 0, waiting: 0 }));
    expect(shop.jobs[0]?.call.signal.aborted).toBe(true);
    for (const job of shop.jobs) job.finish();
  });
  it('an async end that is not over yet when the time is up does not cut the answer', async () => {
    // As express-session: the store is slow, the handler has answered in time.
    const clock = new FakeClock();
    const shop = workshop();
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const { origin } = await serveApp(
      host,
      (app, { protect }) => {
        app.mount(
          '/',
          wrap((_req, res) => {
            const { end } = res;
            res.end = ((...args: unknown[]) => {
              if (!res.headersSent) res.writeHead(res.statusCode);
              void stored.then(() => Reflect.apply(end, res, args));
              return res;
            }) as typeof end;
          }),
        );
        app.route(
          '/',
          [protect({ name: 'g', concurrency: { maxCount: 1 }, timeoutMs: 1_000 })],
          shop.handler,
        );
      },
      { clock },
    );
    const calling = call(origin, '/').then(
      ({ text }) => text,
      (e) => e.message,
    );
    (await shop.job(0)).finish();
    await turns();
    clock.advance(1_000);
    store();
    expect(await calling).toBe('done');
  });
});
