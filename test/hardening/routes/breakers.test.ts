import { describe, expect, it } from 'vitest';
import { call, open } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until } from '../../support/until.ts';
import { hosts, turns } from './hosts.ts';

const forms: [string, (res: import('node:http').ServerResponse) => void][] = [
  ['an object', (res) => void res.writeHead(503, { 'Retry-After': '60' })],
  ['a message and an object', (res) => void res.writeHead(503, 'No', { 'Retry-After': 60 })],
  [
    'an object and undefined',
    (res) =>
      void (res.writeHead as (...args: unknown[]) => void)(503, { 'Retry-After': '60' }, undefined),
  ],
  [
    'undefined and an object',
    (res) =>
      void (res.writeHead as (...args: unknown[]) => void)(503, undefined, { 'Retry-After': '60' }),
  ],
  ['a raw array', (res) => void res.writeHead(503, ['Retry-After', '60'])],
  [
    'a raw array beside setHeader',
    (res) => {
      res.setHeader('x', 'y');
      res.writeHead(503, ['Retry-After', '60']);
    },
  ],
  [
    'setHeader',
    (res) => {
      res.setHeader('Retry-After', 60);
      res.writeHead(503);
    },
  ],
  [
    'setHeader and no writeHead',
    (res) => {
      res.setHeader('Retry-After', 60);
      res.statusCode = 503;
    },
  ],
  [
    'setHeader and flushHeaders',
    (res) => {
      res.setHeader('Retry-After', 60);
      res.statusCode = 503;
      res.flushHeaders();
    },
  ],
  [
    'setHeaders',
    (res) => {
      res.setHeaders(new Map([['Retry-After', '60']]));
      res.statusCode = 503;
    },
  ],
  [
    'a Map-like Headers',
    (res) => {
      res.setHeaders(new Headers({ 'retry-after': '60' }));
      res.statusCode = 503;
    },
  ],
];

describe.each(hosts)('%s: a breaker', (_, host) => {
  const trips = async (options = {}, extra = {}) => {
    const clock = new FakeClock();
    const shop = workshop();
    const served = await serveApp(
      host,
      (app, { protect }) => {
        app.route(
          '/',
          [
            protect({
              name: 'b',
              breaker: { failureCount: 1, tripDurationMs: 1_000, acceptRetryAfter: true },
              ...options,
            }),
          ],
          shop.handler,
        );
      },
      { clock, ...extra },
    );
    const state = () => served.spillway.status().breakers.b;
    return { ...served, clock, shop, state };
  };
  it.each(forms)('hears of the wait in %s', async (_form, write) => {
    const { origin, shop, state } = await trips();
    const calling = call(origin, '/');
    const job = await shop.job(0);
    write(job.call.response);
    job.call.response.end('x');
    job.done();
    expect((await calling).status).toBe(503);
    await turns();
    expect(state()).toMatchObject({ state: 'open', remainingMs: 60_000 });
  });

  it('whose trial streams closes at its head, and the trial that breaks off counts', async () => {
    const { origin, shop, state, clock } = await trips();
    const calling = call(origin, '/');
    (await shop.job(0)).finish(500);
    await calling;
    await until(() => expect(state()?.state).toBe('open'));
    clock.advance(1_000);
    const { request, response } = open(origin, '/');
    request.end();
    const trial = await shop.job(1);
    expect((await call(origin, '/')).status).toBe(503);
    trial.call.response.writeHead(200);
    trial.call.response.write('x');
    (await response).resume().on('error', () => {});
    expect(state()?.state).toBe('closed');
    trial.call.response.destroy();
    trial.done();
    await until(() => expect(state()?.state).toBe('open'));
  });

  it('counts an answer that is broken off and then ended', async () => {
    const { origin, shop, state } = await trips();
    const calling = call(origin, '/').catch(() => 'cut');
    const job = await shop.job(0);
    job.call.response.writeHead(200);
    job.call.response.write('x');
    job.call.response.destroy(new Error('the source broke'));
    job.call.response.end();
    job.done();
    expect(await calling).toBe('cut');
    await turns();
    expect(state()).toMatchObject({ state: 'open' });
  });

  it('is not tripped by what never ran: full queue, time in the queue', async () => {
    const { origin, shop, state, clock, spillway } = await trips({
      breaker: { failureCount: 1 },
      concurrency: { maxCount: 1, maxQueueLength: 1, timeoutMs: 500, rejectStatus: 503 },
    });
    const first = call(origin, '/');
    const job = await shop.job(0);
    const second = call(origin, '/');
    await until(() => expect(spillway.status().gates.b?.waiting).toBe(1));
    expect((await call(origin, '/')).status).toBe(503);
    clock.advance(500);
    expect((await second).status).toBe(503);
    job.finish();
    await first;
    expect(state()?.state).toBe('closed');
  });

  it('HEAD, 204 and 304 are successes that end, with early hints before', async () => {
    const { origin, shop, state, spillway } = await trips({
      concurrency: { maxCount: 1 },
      breaker: { failureCount: 1, acceptRetryAfter: true },
    });
    for (const [index, [method, status]] of (
      [
        ['HEAD', 200],
        ['GET', 204],
        ['GET', 304],
        ['HEAD', 304],
      ] as const
    ).entries()) {
      const calling = call(origin, '/', { method });
      const job = await shop.job(index);
      job.call.response.writeEarlyHints({ link: '</x>; rel=preload' });
      job.finish(status, status === 200 ? 'done' : '');
      expect((await calling).status).toBe(status);
      await until(() => expect(spillway.status().gates.b?.running).toBe(0));
    }
    expect(state()).toMatchObject({ state: 'closed' });
  });

  it('takes whatever key and priority functions return: symbols, objects, huge strings, __proto__', async () => {
    const keys: unknown[] = [
      Symbol('a'),
      '__proto__',
      'constructor',
      'x'.repeat(1_000_000),
      { a: 1 },
      7,
      null,
      undefined,
      Number.NaN,
      [],
    ];
    let at = 0;
    const shop = workshop();
    shop.finishAtOnce();
    const { origin, spillway } = await serveApp(host, (app, { limitConcurrency, metrics }) => {
      app.route(
        '/',
        [
          limitConcurrency({
            name: 'g',
            maxCount: 1,
            maxQueueLength: 1,
            key: () => keys[at % keys.length] as string,
            priority: () => keys[at++ % keys.length] as number,
          }),
        ],
        shop.handler,
      );
      app.mount('/metrics', metrics());
    });
    for (let i = 0; i < keys.length; i++) expect((await call(origin, '/')).status).toBe(200);
    expect((await call(origin, '/metrics')).status).toBe(200);
    expect(spillway.status().gates.g?.running).toBe(0);
  });
  it('has a policy named __proto__ in its status', async () => {
    const shop = workshop();
    shop.finishAtOnce();
    const { spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route('/', [limitConcurrency({ name: '__proto__', maxCount: 1 })], shop.handler);
    });
    expect(Object.keys(spillway.status().gates)).toEqual(['__proto__']);
  });
});
