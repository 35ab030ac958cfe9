import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { NextFunction, Request, Response } from 'express';
import type Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { call, open, rawCaller, read } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';
import { uncaughtErrors } from '../helpers.ts';
import { hosts, turns } from './hosts.ts';

setFlagsFromString('--expose_gc');
const gc = runInNewContext('gc') as () => void;

describe.each(hosts)('%s: a route', (_, host) => {
  it('shutting down lets a caller read a long answer to its end', async () => {
    const shop = workshop();
    const { origin, server, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route('/', [limitConcurrency({ name: 'g', maxCount: 1 })], shop.handler);
    });
    const { request, response } = open(origin, '/');
    request.end();
    (await shop.job(0)).finish(200, 'x'.repeat(30_000_000));
    const answer = await response;
    const down = spillway.shutdown({ server, timeoutMs: 5_000 });
    await new Promise((r) => setTimeout(r, 150));
    const length = await read(answer).then(
      ({ body }) => body.length,
      (e) => e.message,
    );
    await down;
    expect(length).toBe(30_000_000);
  });

  it('refusals and keys leave no memory behind', async () => {
    const shop = workshop();
    const { origin } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route('/', [limitConcurrency({ name: 'g', maxCount: 1 })], shop.handler);
      app.route(
        '/k',
        [
          limitConcurrency({
            name: 'k',
            maxCount: 1,
            maxKeys: 100,
            key: (req) => String(req.headers['x-k']),
          }),
        ],
        (job) => job.answer(200, 'k'),
      );
    });
    const first = call(origin, '/');
    const job = await shop.job(0);
    const flood = async (count: number, path: string) => {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const caller = await rawCaller(origin);
          let got = 0;
          caller.socket.removeAllListeners('data');
          const done = new Promise<void>((resolve) =>
            caller.socket.on('data', (c: string) => {
              got += (c.match(/HTTP\/1\.1/g) ?? []).length;
              if (got >= count / 20 - 2) resolve();
            }),
          );
          for (let i = 0; i < count / 20; i += 50) {
            let text = '';
            for (let j = 0; j < 50; j++)
              text += `GET ${path} HTTP/1.1\r\nHost: a\r\nx-k: ${Math.random()}\r\n\r\n`;
            caller.socket.write(text);
            if (i % 500 === 0) await new Promise((r) => setTimeout(r, 1));
          }
          await within(15_000, done);
          caller.socket.destroy();
        }),
      );
    };
    await flood(4_000, '/');
    await flood(4_000, '/k');
    await new Promise((r) => setTimeout(r, 200));
    gc();
    gc();
    const before = process.memoryUsage().heapUsed;
    await flood(20_000, '/');
    await flood(20_000, '/k');
    await new Promise((r) => setTimeout(r, 200));
    gc();
    gc();
    const grown = process.memoryUsage().heapUsed - before;
    expect(grown).toBeLessThan(4_000_000);
    job.finish();
    await first;
  }, 60_000);

  it.each(['throws', 'rejects', 'passes the error on', 'goes on'])(
    'onReject that %s when the queue is full, the time in it is up, and the time to work is up',
    async (how) => {
      const clock = new FakeClock();
      const shop = workshop();
      const errors = uncaughtErrors();
      const act = async (next: () => unknown) => {
        if (how === 'rejects') {
          await null;
          throw new Error('rejected');
        }
        return next();
      };
      const onReject = host.settles
        ? (error: unknown, _ctx: Koa.Context, next: Koa.Next) => {
            if (how === 'throws' || how === 'passes the error on')
              throw how === 'throws' ? new Error('thrown') : error;
            return act(next);
          }
        : (error: unknown, _req: Request, _res: Response, next: NextFunction) => {
            if (how === 'throws') throw new Error('thrown');
            if (how === 'passes the error on') return next(error);
            return act(next as never);
          };
      const { origin, spillway } = await serveApp(
        host,
        (app, { protect }) => {
          app.route(
            '/',
            [
              protect({
                name: 'g',
                concurrency: { maxCount: 1, maxQueueLength: 1, timeoutMs: 500 },
                timeoutMs: 1_000,
              }),
            ],
            shop.handler,
          );
          app.onError((e) => ({ status: 555, body: (e as Error).message }));
        },
        { clock, onReject },
      );
      const first = call(origin, '/');
      const job = await shop.job(0);
      const second = call(origin, '/');
      await until(() => expect(spillway.status().gates.g?.waiting).toBe(1));
      const third = call(origin, '/');
      const go = how === 'goes on';
      if (go) {
        (await shop.job(1)).finish();
        expect((await third).status).toBe(200);
      } else expect((await third).status).toBe(555);
      clock.advance(500);
      if (go) {
        (await shop.job(2)).finish();
        expect((await second).status).toBe(200);
      } else expect((await second).status).toBe(555);
      clock.advance(500);
      const answer = await within(2_000, first);
      expect([404, 500, 555]).toContain(answer.status);
      job.finish();
      await until(() => expect(spillway.status().gates.g?.running).toBe(0), 1_000);
      await turns();
      expect(errors).toEqual([]);
    },
  );

  it('CONNECT, Upgrade without a listener, HEAD, and bodies on GET pass a gate', async () => {
    const shop = workshop();
    shop.finishAtOnce();
    const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route(
        '/',
        [limitConcurrency({ name: 'g', maxCount: 1, maxQueueLength: 5 })],
        shop.handler,
      );
    });
    const caller = await rawCaller(origin);
    caller.socket.write(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await caller.until('done');
    const second = await rawCaller(origin);
    second.socket.write(
      'HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    await until(() => expect(second.text().match(/HTTP\/1\.1 200/g)).toHaveLength(3));
    const third = await rawCaller(origin);
    third.socket.write('CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n');
    await third.until('nothing');
    await until(() => expect(spillway.status().gates.g?.running).toBe(0));
  });

  it('pipelined requests of different priorities are answered in their order on the connection', async () => {
    const shop = workshop();
    const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route(
        '/',
        [
          limitConcurrency({
            name: 'g',
            maxCount: 1,
            maxQueueLength: 5,
            priority: (req) => Number(req.headers['x-p']),
          }),
        ],
        shop.handler,
      );
    });
    const caller = await rawCaller(origin);
    caller.socket.write(
      [5, 9, 1, 0].map((p) => `GET / HTTP/1.1\r\nHost: a\r\nx-p: ${p}\r\n\r\n`).join(''),
    );
    await until(() => expect(spillway.status().gates.g?.waiting).toBe(3));
    // An answer behind others is not sent until theirs are: its slot must not wait for its own queue's end.
    for (let i = 0; i < 4; i++) {
      const job = await within(2_000, shop.job(i));
      job.finish(200, `answer ${job.call.request.headers['x-p']}`);
    }
    const text = await within(2_000, caller.until('answer 0'));
    expect(text.match(/answer \d/g)).toEqual(['answer 5', 'answer 9', 'answer 1', 'answer 0']);
  });
});
