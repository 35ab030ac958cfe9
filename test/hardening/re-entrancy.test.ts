import express from 'express';
import { expect, it } from 'vitest';
import { type Answer, answers, hangs } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';
import { uncaughtErrors } from './helpers.ts';

const host = expressHost(express);
const breaker = { failureCount: 1 };

it('a trust proxy function that throws harms only the request that it is asked about', async () => {
  const { promise: verdict, resolve: decide } = Promise.withResolvers<void>();
  const app = express();
  app.set('env', 'test');
  app.set('trust proxy', () => {
    throw new Error('no trust');
  });
  const { origin, backends, pool, settled } = await serve(
    {
      ...host,
      createApp: () => ({
        ...host.createApp(),
        mount: (path, middleware) => app.use(path, middleware as express.RequestHandler),
        listener: () => app,
      }),
    },
    {
      backends: {
        only: async (_request, response) => {
          await verdict;
          response.end('ok');
        },
      },
      each: { only: { maxCount: 1 } },
      pool: { queue: { maxQueueLength: 5 } },
    },
  );
  const first = call(origin, '/1');
  await backends.only.request();
  const second = call(origin, '/2', { headers: { 'x-forwarded-proto': 'https' } });
  const third = call(origin, '/3');
  await until(() => expect(pool.status().waiting).toBe(1));
  expect((await within(3_000, second)).status).toBe(500);
  decide();
  expect((await within(3_000, first)).text).toBe('ok');
  expect((await within(3_000, third)).text).toBe('ok');
  await settled();
});

it('a trip listener may fetch from its pool, and may throw', async () => {
  const errors = uncaughtErrors();
  const { origin, pool } = await serve(host, {
    backends: { a: answers(500), b: answers(200, 'ok') },
    pool: { breaker },
  });
  const inner: Promise<string>[] = [];
  pool.on('trip', () => {
    inner.push(pool.fetch('/inner').then((response) => response.text()));
    throw new Error('listener');
  });
  expect((await within(3_000, call(origin, '/'))).text).toBe('ok');
  expect(await Promise.all(inner)).toEqual(['ok']);
  expect(errors.map(({ message }) => message)).toEqual(['listener']);
});

it.each<[string, Answer]>([
  ['whole', answers(500)],
  ['longer than is kept', answers(500, 'x'.repeat(100_000))],
  ['begun', (_request, response) => void response.writeHead(500).write('begun')],
  ['broken off', (request) => void request.socket.resetAndDestroy()],
])('a trip listener may remove what has tripped while its answer is %s', async (_, answer) => {
  const { origin, pool } = await serve(host, {
    backends: { a: answer, b: answers(200, 'ok') },
    pool: { breaker },
  });
  const removals: Promise<void>[] = [];
  pool.on('trip', ({ backend }) => void removals.push(pool.remove(backend)));
  const calls = [1, 2, 3].map(() => call(origin, '/', { method: 'PUT', body: 'x' }));
  for (const { text } of await within(3_000, Promise.all(calls))) expect(text).toBe('ok');
  await within(3_000, Promise.all(removals));
  expect(removals).toHaveLength(1);
  expect(pool.status().backends.map(({ id }) => id)).toEqual(['b']);
});

it('a trip listener may shut down, which answers the request that has tripped', async () => {
  const { origin, pool, spillway, counts } = await serve(host, {
    backends: { a: answers(500), b: hangs },
    pool: { breaker },
  });
  pool.on('trip', () => void spillway.shutdown({ timeoutMs: 0 }));
  const called = await within(3_000, call(origin, '/'));
  expect([called.status, called.json().code]).toEqual([503, 'shutting_down']);
  expect(counts().a).toBe(1);
});
