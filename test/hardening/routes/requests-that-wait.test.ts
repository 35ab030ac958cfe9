import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
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

describe.each(hosts)('%s: a request that waits', (_, host) => {
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

  it.each(['gets its turn', 'waits too long'])(
    'and is answered by the application meanwhile, behind another on its connection, harms nothing when it %s',
    async (how) => {
      const clock = new FakeClock();
      const shop = workshop();
      const errors = uncaughtErrors();
      const responses: import('node:http').ServerResponse[] = [];
      const { origin, spillway } = await serveApp(
        host,
        (app, { limitConcurrency }) => {
          app.mount(
            '/',
            wrap((_req, res) => void responses.push(res)),
          );
          app.route('/free', [], shop.handler);
          app.route(
            '/',
            [limitConcurrency({ name: 'g', maxCount: 1, maxQueueLength: 2, timeoutMs: 1_000 })],
            shop.handler,
          );
        },
        { clock },
      );
      const blocking = call(origin, '/');
      const blocker = await shop.job(0);
      const caller = await rawCaller(origin);
      caller.socket.write('GET /free HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const free = await shop.job(1);
      await until(() => expect(spillway.status().gates.g?.waiting).toBe(1));
      const waits = responses[2] as import('node:http').ServerResponse;
      waits.statusCode = 503;
      waits.end('given up');
      await turns();
      if (how === 'gets its turn') blocker.finish();
      else {
        clock.advance(1_000);
        await turns();
        blocker.finish();
      }
      await blocking;
      await turns();
      const ran = shop.jobs.length;
      shop.jobs[2]?.done();
      free.finish(200, 'free answer');
      const text = await within(2_000, caller.until('given up'));
      clock.advance(60_000);
      expect([ran, text.includes('free answer'), text.includes('given up'), errors]).toEqual([
        2,
        true,
        true,
        [],
      ]);
    },
  );

  it('with a large upload gets it whole', async () => {
    const shop = workshop();
    const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route(
        '/',
        [limitConcurrency({ name: 'g', maxCount: 1, maxQueueLength: 5 })],
        shop.handler,
      );
    });
    const blocking = call(origin, '/');
    const blocker = await shop.job(0);
    const bodies = Array.from({ length: 4 }, () => randomBytes(8_000_000));
    const calls = bodies.map((body) =>
      call(origin, '/', { method: 'POST', body, headers: { expect: '100-continue' } }),
    );
    await until(() => expect(spillway.status().gates.g?.waiting).toBe(4));
    await new Promise((r) => setTimeout(r, 300));
    blocker.finish();
    await blocking;
    const seen: string[] = [];
    for (let i = 1; i < 5; i++) {
      const job = await shop.job(i);
      const hash = createHash('sha256');
      for await (const c of job.call.request) hash.update(c as Buffer);
      seen.push(hash.digest('hex'));
      job.finish();
    }
    expect((await Promise.all(calls)).map((c) => c.status)).toEqual([200, 200, 200, 200]);
    expect(seen.sort()).toEqual(
      bodies.map((b) => createHash('sha256').update(b).digest('hex')).sort(),
    );
  });

  it('is served to a caller that has sent FIN and waits, where the server allows that', async () => {
    const shop = workshop();
    const { origin, server, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route(
        '/',
        [limitConcurrency({ name: 'g', maxCount: 1, maxQueueLength: 5 })],
        shop.handler,
      );
    });
    (server as unknown as { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    const blocking = call(origin, '/');
    const blocker = await shop.job(0);
    const { hostname, port } = new URL(origin);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let text = '';
    socket.setEncoding('latin1').on('data', (c: string) => {
      text += c;
    });
    socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => expect(spillway.status().gates.g?.waiting).toBe(1));
    blocker.finish();
    (await shop.job(1)).finish(200, 'half answer');
    await blocking;
    await until(() => expect(text).toContain('half answer'));
    socket.destroy();
  });

  it('whose refusal cannot be written loses no slot', async () => {
    const clock = new FakeClock();
    const shop = workshop();
    const errors = uncaughtErrors();
    let throws = false;
    const { origin, spillway } = await serveApp(
      host,
      (app, { protect }) => {
        app.mount(
          '/',
          wrap((_req, res) => {
            const { writeHead } = res;
            // As on-headers does, with a listener of the application that throws.
            res.writeHead = ((...args: unknown[]) => {
              if (throws) {
                throws = false;
                throw new Error('of a listener');
              }
              return Reflect.apply(writeHead, res, args);
            }) as typeof writeHead;
          }),
        );
        app.route(
          '/',
          [
            protect({
              name: 'g',
              concurrency: { maxCount: 1, maxQueueLength: 5 },
              breaker: { failureCount: 1 },
            }),
          ],
          shop.handler,
        );
      },
      { clock },
    );
    const first = call(origin, '/');
    const job = await shop.job(0);
    const others = [call(origin, '/'), call(origin, '/')].map((c) =>
      c.then(
        ({ status }) => status,
        (e) => e.message,
      ),
    );
    await until(() => expect(spillway.status().gates.g?.waiting).toBe(2));
    job.call.response.once('finish', () => {
      throws = true;
    });
    job.finish(500);
    await first;
    await new Promise((r) => setTimeout(r, 100));
    const state = spillway.status().gates.g;
    const result = await Promise.race([
      Promise.all(others),
      new Promise((r) => setTimeout(r, 1_000, 'hangs')),
    ]);
    await turns();
    expect([state?.running, state?.waiting]).toEqual([0, 0]);
    expect(errors.map((e) => e.message)).toEqual([]);
    expect(result).not.toBe('hangs');
  });

  it('whose answer trips the breaker, which tells a logger that throws, loses no slot', async () => {
    const errors = uncaughtErrors();
    const shop = workshop();
    const { origin, spillway } = await serveApp(
      host,
      (app, { protect }) => {
        app.route(
          '/',
          [
            protect({
              name: 'g',
              concurrency: { maxCount: 1, maxQueueLength: 5 },
              breaker: { failureCount: 1 },
            }),
          ],
          shop.handler,
        );
      },
      {
        logger: {
          info() {},
          warn() {
            throw new Error('log');
          },
          error() {},
        } as never,
      },
    );
    const first = call(origin, '/');
    (await shop.job(0)).finish(500);
    await first;
    await new Promise((r) => setTimeout(r, 50));
    expect([spillway.status().gates.g?.running, errors.map((e) => e.message)]).toEqual([0, []]);
  });
});
