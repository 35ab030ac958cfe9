import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createSpillway } from '@spillway/koa';
import Koa from 'koa';
import Koa2 from 'koa2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { koaHost } from '../../support/koa-host.ts';
import { serve } from '../../support/serve.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';
import { turns } from './hosts.ts';

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2 as unknown as typeof Koa],
] as const)('%s', (_, Application) => {
  const host = koaHost(Application);
  it.each([499, 420, 509, 530])(
    'refuses with a rejectStatus that has no name: %i',
    async (rejectStatus) => {
      const shop = workshop();
      const { origin } = await serveApp(host, (app, { limitConcurrency }) => {
        app.route('/', [limitConcurrency({ maxCount: 1, rejectStatus })], shop.handler);
      });
      const first = call(origin, '/');
      const job = await shop.job(0);
      const { status } = await call(origin, '/');
      job.finish();
      await first;
      expect(status).toBe(rejectStatus);
    },
  );

  it('onReject answers for a proxy whose time is up', async () => {
    const clock = new FakeClock();
    let release: () => void = () => {};
    const { origin, backends } = await serve(host, {
      backends: {
        only: async (_req, res) => {
          await new Promise<void>((r) => {
            release = r;
          });
          res.end('LATE');
        },
      },
      spillway: { clock, onReject: host.onReject(({ code }) => ({ status: 555, body: code })) },
      app: ({ app, spillway, pool }) => {
        app.mount(
          '/',
          spillway.protect({ name: 'p', concurrency: { maxCount: 1 }, timeoutMs: 1_000 }),
        );
        app.mount('/', spillway.proxy(pool));
      },
    });
    const calling = call(origin, '/');
    await until(() => expect(backends.only.received).toHaveLength(1));
    clock.advance(1_000);
    const result = await within(2_000, calling).then(
      ({ status, text }) => [status, text],
      (e: Error) => e.message,
    );
    release();
    await turns();
    clock.advance(100_000);
    expect(result).toEqual([555, 'request_timeout']);
  });

  it('onReject answers for a handler that has taken the response over, whose time is up', async () => {
    const clock = new FakeClock();
    const spillway = createSpillway({
      clock,
      onReject: (e, ctx) => {
        ctx.status = 503;
        ctx.body = e.code;
      },
    });
    const app = new Application();
    app.silent = true;
    app.use(spillway.protect({ timeoutMs: 1_000 }));
    let over: () => void = () => {};
    app.use(async (ctx) => {
      ctx.respond = false;
      await new Promise<void>((r) => {
        over = r;
      });
    });
    const server = app.listen(0);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const calling = call(origin, '/');
    await clock.timerSet();
    await turns();
    clock.advance(1_000);
    const result = await within(1_000, calling).then(
      ({ status, text }) => [status, text],
      (e: Error) => e.message,
    );
    over();
    expect(result).toEqual([503, 'request_timeout']);
  });
});

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2 as unknown as typeof Koa],
] as const)('%s over HTTP/2', (_, Application) => {
  const start = async (
    options: Parameters<ReturnType<typeof createSpillway>['protect']>[0],
    handler: Koa.Middleware,
  ) => {
    const clock = new FakeClock();
    const spillway = createSpillway({ clock });
    const app = new Application();
    app.silent = true;
    app.use(spillway.protect({ name: 'p', ...options }));
    app.use(handler);
    const server = http2.createServer(app.callback() as never);
    server.listen(0);
    await once(server, 'listening');
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    const get = () => {
      const stream = client.request({ ':path': '/' });
      stream.on('error', () => {});
      const answer = (async () => {
        const [headers] = await once(stream, 'response');
        let text = '';
        for await (const chunk of stream) text += chunk;
        return { status: headers[':status'] as number, text };
      })();
      answer.catch(() => {});
      return { stream, answer };
    };
    return { clock, spillway, get };
  };

  it('limits, queues and serves', async () => {
    const goes: (() => void)[] = [];
    const { spillway, get } = await start(
      { concurrency: { maxCount: 1, maxQueueLength: 1 } },
      async (ctx) => {
        await new Promise<void>((r) => goes.push(r));
        ctx.body = 'done';
      },
    );
    const [a, b, c] = [get(), get(), get()];
    expect((await within(2_000, c.answer)).status).toBe(429);
    goes[0]?.();
    expect((await within(2_000, a.answer)).text).toBe('done');
    await until(() => expect(goes).toHaveLength(2));
    goes[1]?.();
    expect((await within(2_000, b.answer)).text).toBe('done');
    await until(() => expect(spillway.status().gates.p).toMatchObject({ running: 0, waiting: 0 }));
  });
  it('trips on failures', async () => {
    const { spillway, get } = await start({ breaker: { failureCount: 1 } }, async (ctx) => {
      ctx.status = 500;
      ctx.body = 'x';
    });
    expect((await within(2_000, get().answer)).status).toBe(500);
    await turns();
    expect(spillway.status().breakers.p?.state).toBe('open');
  });
  it('closes after a good trial, and opens after a bad one', async () => {
    let status = 500;
    const { clock, spillway, get } = await start(
      { breaker: { failureCount: 1, tripDurationMs: 1_000 } },
      async (ctx) => {
        ctx.status = status;
        ctx.body = 'x';
      },
    );
    await within(2_000, get().answer);
    await turns();
    clock.advance(1_000);
    await within(2_000, get().answer);
    await turns();
    expect(spillway.status().breakers.p?.state).toBe('open');
    clock.advance(1_000);
    status = 200;
    expect((await within(2_000, get().answer)).status).toBe(200);
    await turns();
    expect(spillway.status().breakers.p?.state).toBe('closed');
  });
  it('tells of a caller that leaves while running and while waiting', async () => {
    const signals: AbortSignal[] = [];
    const goes: (() => void)[] = [];
    const { spillway, get } = await start(
      { concurrency: { maxCount: 1, maxQueueLength: 2 } },
      async (ctx) => {
        signals.push(ctx.state.spillway.signal);
        await new Promise<void>((r) => goes.push(r));
        ctx.body = 'done';
      },
    );
    const a = get();
    await until(() => expect(goes).toHaveLength(1));
    const b = get();
    await until(() => expect(spillway.status().gates.p?.waiting).toBe(1));
    b.stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => expect(spillway.status().gates.p?.waiting).toBe(0), 1_000);
    a.stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => expect(signals[0]?.aborted).toBe(true), 1_000);
    expect(spillway.status().gates.p?.running).toBe(1);
    goes[0]?.();
    await until(() => expect(spillway.status().gates.p?.running).toBe(0), 1_000);
  });
  it('answers 504 when the time is up', async () => {
    const goes: (() => void)[] = [];
    const { spillway, clock, get } = await start(
      {
        concurrency: { maxCount: 1, maxQueueLength: 2 },
        timeoutMs: 1_000,
        breaker: { failureCount: 1 },
      },
      async (ctx) => {
        await new Promise<void>((r) => goes.push(r));
        ctx.body = 'done';
      },
    );
    const a = get();
    await until(() => expect(goes).toHaveLength(1));
    clock.advance(1_000);
    expect((await within(1_000, a.answer)).status).toBe(504);
    goes[0]?.();
    await until(() => expect(spillway.status().gates.p?.running).toBe(0), 1_000);
    expect(spillway.status().breakers.p?.state).toBe('open');
  });
});
