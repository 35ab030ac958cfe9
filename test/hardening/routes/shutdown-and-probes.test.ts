import type express from 'express';
import type Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, rawCaller } from '../../support/caller.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { within } from '../../support/until.ts';
import { uncaughtErrors } from '../helpers.ts';
import { hosts } from './hosts.ts';

describe.each(hosts)('%s: shutting down', (_, host) => {
  it('ends although a WebSocket of the application is still open', async () => {
    const { origin, server, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route('/', [limitConcurrency({ maxCount: 1 })], workshop().handler);
    });
    let upgraded: import('node:stream').Duplex | undefined;
    server.on('upgrade', (_req, socket) => {
      upgraded = socket;
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
    const caller = await rawCaller(origin);
    caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    await caller.until('101');
    try {
      await within(3_000, spillway.shutdown({ server, timeoutMs: 100 }));
    } finally {
      upgraded?.destroy();
    }
  });

  it('asks callers of routes not to use their connections again', async () => {
    const shop = workshop();
    const { origin, server, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route('/', [limitConcurrency({ maxCount: 2, maxQueueLength: 2 })], shop.handler);
    });
    const caller = await rawCaller(origin);
    caller.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const job = await shop.job(0);
    const down = spillway.shutdown({ server });
    job.finish();
    const text = await caller.until('done');
    await within(5_000, down);
    expect(text).toMatch(/connection: close/i);
  });
});

describe.each(hosts)('%s: probes', (_, host) => {
  it.each(['liveness', 'readiness', 'metrics'] as const)(
    '%s: an answer given by others meanwhile is no unhandled rejection',
    async (which) => {
      if (which === 'metrics' && host.settles) return;
      const errors = uncaughtErrors();
      const rejections: unknown[] = [];
      const listeners = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      const add = (e: unknown) => void rejections.push(e);
      process.on('unhandledRejection', add);
      onTestFinished(() => {
        process.off('unhandledRejection', add);
        for (const l of listeners) process.on('unhandledRejection', l);
      });
      let answer: () => void = () => {};
      const { origin } = await serveApp(host, (app, spillway) => {
        const hang = { checks: { hangs: () => new Promise<void>(() => {}) }, timeoutMs: 100 };
        if (host.settles) {
          app.mount('/', async (ctx: Koa.Context, next: Koa.Next) => {
            answer = () => {
              ctx.res.statusCode = 503;
              ctx.res.end('timeout');
            };
            setTimeout(answer, which === 'metrics' ? 0 : 20);
            await next();
          });
        } else {
          app.mount(
            '/',
            (_req: express.Request, res: express.Response, next: express.NextFunction) => {
              setTimeout(() => res.status(503).end('timeout'), which === 'metrics' ? 0 : 20);
              if (which === 'metrics') res.status(503).end('timeout');
              next();
            },
          );
        }
        app.mount('/', which === 'metrics' ? spillway.metrics() : spillway[which](hang));
      });
      expect((await call(origin, '/')).status).toBe(503);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect([errors, rejections]).toEqual([[], []]);
    },
  );

  it('a check that hung once is asked again', async () => {
    let calls = 0;
    const { origin } = await serveApp(host, (app, spillway) => {
      const check = () => (calls++ === 0 ? new Promise<void>(() => {}) : Promise.resolve());
      app.mount('/', spillway.readiness({ checks: { db: check }, timeoutMs: 50 }));
    });
    expect((await call(origin, '/')).status).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const later = [];
    for (let i = 0; i < 3; i++) later.push((await call(origin, '/')).status);
    expect(later.at(-1)).toBe(200);
  });
});
