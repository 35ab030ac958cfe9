import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import type { NextFunction, Request, Response } from 'express';
import type Koa from 'koa';
import onFinished from 'on-finished';
import { describe, expect, it } from 'vitest';
import { call, open, rawCaller } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type HandlerCall, workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';
import { hosts, turns } from './hosts.ts';

const file = join(tmpdir(), 'spillway-attack.txt');
writeFileSync(file, 'x'.repeat(300_000));

/** What express-session does: the last byte, and the end, wait until the session has been stored. */
function sessionLike(store: Promise<void>) {
  return (_req: Request, res: Response, next: NextFunction) => {
    const { end, write } = res;
    let ended = false;
    res.end = ((chunk?: unknown, encoding?: unknown) => {
      if (ended) return res;
      ended = true;
      const buffer =
        chunk === undefined
          ? undefined
          : Buffer.from(
              chunk as string,
              typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined,
            );
      if (!(res as unknown as { _header: unknown })._header)
        (res as unknown as { _implicitHeader(): void })._implicitHeader();
      let rest = buffer;
      if (buffer !== undefined && buffer.length > 1) {
        write.call(res, buffer.subarray(0, -1) as never, undefined as never);
        rest = buffer.subarray(-1);
      }
      void store.then(() => end.call(res, rest as never, undefined as never));
      return res;
    }) as typeof end;
    next();
  };
}
const koaSession = (store: Promise<void>) => async (ctx: Koa.Context, next: Koa.Next) => {
  sessionLike(store)(ctx.req as never, ctx.res as never, () => {});
  await next();
};

describe.each(hosts)('%s: a late handler', (_, host) => {
  const late: [
    string,
    (call: HandlerCall, finish: () => void, fail: (error: Error) => void) => void,
  ][] = [
    [
      'answers',
      (job, finish) => {
        try {
          job.answer(200, 'LATE'.repeat(100));
        } finally {
          finish();
        }
      },
    ],
    [
      'writes by hand',
      ({ response }, finish) => {
        response.write('LATE');
        response.end('LATE');
        finish();
      },
    ],
    [
      'pipes',
      ({ response }, finish) => {
        Readable.from(['LATE', 'LATE']).pipe(response);
        finish();
      },
    ],
    [
      'uses pipeline',
      ({ response }, finish, fail) => {
        try {
          pipeline(Readable.from(['LATE', 'LATE']), response, () => finish());
        } catch (error) {
          fail(error as Error);
        }
      },
    ],
    [
      'streams',
      (job, finish) => {
        job.stream(Readable.from([Buffer.from('LATE'), Buffer.from('LATE')]));
        finish();
      },
    ],
    ...(host.settles
      ? []
      : ([
          [
            'sends a file',
            ({ response }, finish) => {
              (response as Response).sendFile(file, () => finish());
            },
          ],
          [
            'lets a file be downloaded',
            ({ response }, finish) => {
              (response as Response).download(file, () => finish());
            },
          ],
          [
            'sends json',
            ({ response }, finish) => {
              (response as Response).status(201).json({ late: 'LATE' });
              finish();
            },
          ],
          [
            'redirects',
            ({ response }, finish) => {
              (response as Response).redirect('/LATE');
              finish();
            },
          ],
          [
            'sends a status',
            ({ response }, finish) => {
              (response as Response).sendStatus(500);
              finish();
            },
          ],
        ] as [
          string,
          (call: HandlerCall, finish: () => void, fail: (error: Error) => void) => void,
        ][])),
  ];

  it.each(late)(
    'after 504 that %s leaves the connection usable, and its slot is free',
    async (_name, act) => {
      const clock = new FakeClock();
      const shop = workshop();
      const { origin, spillway } = await serveApp(
        host,
        (app, { protect }) => {
          app.route(
            '/',
            [protect({ name: 'p', concurrency: { maxCount: 2 }, timeoutMs: 1_000 })],
            shop.handler,
          );
        },
        { clock },
      );
      const caller = await rawCaller(origin);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const job = await shop.job(0);
      clock.advance(1_000);
      await caller.until('request_timeout');
      await turns();
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const second = await shop.job(1);
      act(
        job.call,
        () => job.done(),
        (error) => job.fail(error),
      );
      try {
        await until(() => expect(spillway.status().gates.p?.running).toBe(1), 1_000);
      } finally {
        second.finish(200, 'second answer');
        await turns();
        clock.advance(20_000);
      }
      expect(await caller.until('second answer')).not.toContain('LATE');
      expect(caller.text().match(/HTTP\/1.1/g)).toHaveLength(2);
    },
  );

  it.each(late)('whose caller has left that %s gives its slot back', async (_name, act) => {
    const clock = new FakeClock();
    const shop = workshop();
    const { origin, spillway } = await serveApp(
      host,
      (app, { protect }) => {
        app.route(
          '/',
          [protect({ name: 'p', concurrency: { maxCount: 2 }, timeoutMs: 1_000 })],
          shop.handler,
        );
        app.onError(() => ({ status: 500, body: 'x' }));
      },
      { clock },
    );
    const { request, leave } = open(origin, '/');
    request.end();
    const job = await shop.job(0);
    leave();
    await until(() => expect(job.call.signal.aborted).toBe(true));
    await turns();
    act(
      job.call,
      () => job.done(),
      (error) => job.fail(error),
    );
    try {
      await until(() => expect(spillway.status().gates.p?.running).toBe(0), 1_000);
    } finally {
      clock.advance(20_000);
    }
  });

  it.each([
    ['answers', 0],
    ['writes a chunk', 1],
  ])(
    'that %s while a session is still being stored for the 504 spoils nothing',
    async (_name, kind) => {
      const clock = new FakeClock();
      const shop = workshop();
      const { promise: stored, resolve: store } = Promise.withResolvers<void>();
      let failed: unknown;
      let count = 0;
      const { origin, spillway } = await serveApp(
        host,
        (app, { protect }) => {
          app.mount(
            '/',
            host.settles
              ? (ctx: Koa.Context, next: Koa.Next) =>
                  count++ === 0 ? koaSession(stored)(ctx, next) : next()
              : (req: Request, res: Response, next: NextFunction) =>
                  count++ === 0 ? sessionLike(stored)(req, res, next) : next(),
          );
          app.route(
            '/',
            [protect({ name: 'p', concurrency: { maxCount: 2 }, timeoutMs: 1_000 })],
            shop.handler,
          );
        },
        { clock },
      );
      const caller = await rawCaller(origin);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const job = await shop.job(0);
      clock.advance(1_000);
      await turns();
      if (kind === 0) {
        try {
          job.finish(200, 'LATE'.repeat(100));
        } catch (error) {
          failed = error;
        }
      } else {
        job.call.response.write('LATE');
        job.call.response.end();
        job.done();
      }
      await turns();
      store();
      await caller.until('request_timeout');
      await turns();
      const { running } = spillway.status().gates.p ?? {};
      clock.advance(20_000);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      void shop.job(1).then((next) => next.finish(200, 'second answer'));
      const text = await within(2_000, caller.until('second answer'));
      expect(failed).toBeUndefined();
      expect(text).not.toContain('LATE');
      expect(text).toMatch(/request_timeout"}HTTP\/1\.1 200/);
      expect(running).toBe(0);
    },
  );

  it('is not what loggers see: they see 504', async () => {
    const clock = new FakeClock();
    const shop = workshop();
    const log: unknown[] = [];
    const { origin } = await serveApp(
      host,
      (app, { protect }) => {
        const watch = (res: import('node:http').ServerResponse) =>
          onFinished(res, () => log.push(res.headersSent ? res.statusCode : '-'));
        app.mount(
          '/',
          host.settles
            ? (ctx: Koa.Context, next: Koa.Next) => {
                watch(ctx.res);
                return next();
              }
            : (_req: Request, res: Response, next: NextFunction) => {
                watch(res);
                next();
              },
        );
        app.route(
          '/',
          [protect({ name: 'p', concurrency: { maxCount: 2 }, timeoutMs: 1_000 })],
          shop.handler,
        );
      },
      { clock },
    );
    const first = call(origin, '/');
    const job = await shop.job(0);
    clock.advance(1_000);
    expect((await first).status).toBe(504);
    await turns();
    job.finish();
    const second = call(origin, '/');
    const heeds = await shop.job(1);
    heeds.call.signal.addEventListener('abort', () => heeds.finish(200, 'heeded'));
    clock.advance(1_000);
    expect((await second).status).toBe(504);
    await turns();
    expect(log).toEqual([504, 504]);
  });

  // In Express an onReject that answers only later leaves the response to the handler until then.
  if (host.settles) {
    it('that answers before an asynchronous onReject has done so spoils nothing', async () => {
      const clock = new FakeClock();
      const shop = workshop();
      const { promise: rejecting, resolve: goOn } = Promise.withResolvers<void>();
      const onReject = host.settles
        ? async (_e: unknown, ctx: Koa.Context) => {
            await rejecting;
            ctx.status = 504;
            ctx.body = 'of onReject';
          }
        : async (_e: unknown, _req: Request, res: Response) => {
            await rejecting;
            res.status(504).send('of onReject');
          };
      const { origin, spillway } = await serveApp(
        host,
        (app, { protect }) => {
          app.route(
            '/',
            [protect({ name: 'p', concurrency: { maxCount: 2 }, timeoutMs: 1_000 })],
            shop.handler,
          );
        },
        { clock, onReject },
      );
      const caller = await rawCaller(origin);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const job = await shop.job(0);
      clock.advance(1_000);
      await turns();
      job.finish(200, 'LATE');
      await turns();
      goOn();
      await turns();
      const { running } = spillway.status().gates.p ?? {};
      clock.advance(20_000);
      caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      void shop.job(1).then((next) => next.finish(200, 'second answer'));
      const text = await within(2_000, caller.until('second answer'));
      expect([
        text.includes('of onReject'),
        text.includes('LATE'),
        text.includes('second answer'),
        running,
      ]).toEqual([true, false, true, 0]);
    });
  }
});
