import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSpillway, type OnReject } from '@spillway/express';
import express from 'express';
import express4 from 'express4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers, startBackend, type TestBackend } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';

it.each([
  ['GET', undefined],
  ['POST', 'a body that the first pool has read'],
])('an onReject that calls next() hands the request to the next pool: %s', async (method, body) => {
  const spillway = createSpillway();
  const [broken, whole] = [
    await startBackend((request) => void request.socket.destroy()),
    await startBackend(answers(200, 'from the second pool')),
  ];
  const pool = (name: string, { url }: TestBackend) =>
    spillway.pool(name, { backends: [{ id: 'only', url }] });
  const app = express();
  const onReject: OnReject = (_error, _req, _res, next) => next();
  app.use(spillway.proxy(pool('first', broken), { onReject }));
  app.use(spillway.proxy(pool('second', whole)));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => spillway.shutdown({ server, timeoutMs: 0 }));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { status, text } = await call(origin, '/', { method, ...(body && { body }) });
  expect([status, text]).toEqual([200, 'from the second pool']);
  expect(String(await whole.received[0]?.body)).toBe(body ?? '');
});

it('an onReject that calls next() hands the request to a handler of the next pool', async () => {
  const spillway = createSpillway();
  const broken = await startBackend((request) => void request.socket.destroy());
  const first = spillway.pool('first', { backends: [{ id: 'only', url: broken.url }] });
  const handler = async (req: express.Request, res: express.Response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    res.json({ body: Buffer.concat(chunks).toString() });
  };
  const second = spillway.pool('second', { backends: [{ id: 'here', handler }] });
  const app = express();
  app.use(spillway.proxy(first, { onReject: (_error, _req, _res, next) => next() }));
  app.use(spillway.proxy(second));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => spillway.shutdown({ server, timeoutMs: 0 }));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { text } = await call(origin, '/', { method: 'POST', body: 'that the first has read' });
  expect(JSON.parse(text)).toEqual({ body: 'that the first has read' });
});

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('an onReject of %s that fails', (_, framework) => {
  it.each<[string, OnReject]>([
    [
      'at once',
      () => {
        throw new Error('in onReject');
      },
    ],
    // Express 5 takes the rejection of any handler; it would be odd if this one ended the process.
    ['later', (async () => Promise.reject(new Error('in onReject'))) as unknown as OnReject],
  ])('%s is seen by the error handlers of the application', async (_when, onReject) => {
    const host = { ...expressHost(framework), createSpillway: createSpillway as never };
    const { origin } = await serve(host, {
      backends: { only: (request) => void request.socket.destroy() },
      spillway: { onReject },
      app({ app, spillway, pool }) {
        app.mount('/', spillway.proxy(pool));
        app.onError((error) => ({ status: 500, body: `seen: ${(error as Error).message}` }));
      },
    });
    const { status, text } = await call(origin, '/');
    expect([status, text]).toEqual([500, 'seen: in onReject']);
  });
});
