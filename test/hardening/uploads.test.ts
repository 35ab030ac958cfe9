import type { ClientRequest } from 'node:http';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { answers, hangs } from '../support/backend.ts';
import { call, open, rawCaller, read } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';

const host = expressHost(express);
const breaker = { failureCount: 1 };

it('a body that earlier middleware reads as text is refused, and reaches no backend', async () => {
  const { origin, counts } = await serve(host, {
    backends: { only: answers(200) },
    app({ app, spillway, pool }) {
      app.before((request) => void request.setEncoding('utf8'));
      app.mount('/', spillway.proxy(pool));
    },
  });
  const called = call(origin, '/', { method: 'POST', body: '{"a":"é€😀"}' });
  expect((await within(3_000, called)).status).toBe(500);
  expect(counts()).toEqual({ only: 0 });
});

describe("an upload that breaks off on the caller's side counts as nothing", () => {
  const leaves: [string, (request: ClientRequest) => void][] = [
    ['by closing', (request) => void request.destroy()],
    ['by a reset', (request) => void request.socket?.resetAndDestroy()],
    ['by half closing', (request) => void request.socket?.end()],
  ];
  const lengths = [
    ['chunked', {}],
    ['with its length', { 'content-length': 3_000_000 }],
  ] as const;

  it.each(leaves.flatMap(([how, leave]) => lengths.map((each) => [...each, how, leave] as const)))(
    '%s, %j, %s',
    async (_, headers, _how, leave) => {
      const { origin, pool, backends, settled } = await serve(host, {
        backends: { a: hangs, b: answers(200) },
        pool: { breaker },
      });
      const { request } = open(origin, '/', { method: 'PUT', headers });
      request.write(Buffer.alloc(100_000));
      await backends.a.request();
      leave(request);
      await settled();
      expect(pool.status().backends).toMatchObject([
        { breaker: { trips: 0 }, attempts: { cancelled: 1, reset: 0 } },
        { breaker: { trips: 0 }, attempts: { cancelled: 0, reset: 0 } },
      ]);
    },
  );

  it('by a malformed chunk', async () => {
    const { origin, pool, backends } = await serve(host, {
      backends: { only: hangs },
      pool: { breaker },
    });
    const { socket } = await rawCaller(origin);
    socket.write('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await backends.only.request();
    socket.write('zz\r\n');
    await until(() =>
      expect(pool.status().backends[0]).toMatchObject({
        running: 0,
        breaker: { trips: 0 },
        attempts: { cancelled: 1, reset: 0 },
      }),
    );
  });

  it('by a generator that throws into fetch', async () => {
    const { pool, backends, settled } = await serve(host, {
      backends: { a: hangs, b: answers(200) },
      pool: { breaker },
    });
    async function* pieces() {
      yield Buffer.from('one');
      await backends.a.request();
      throw new Error('mine');
    }
    const init = { method: 'PUT', body: pieces(), duplex: 'half' } as unknown as RequestInit;
    await expect(within(3_000, pool.fetch('/', init))).rejects.toThrow('fetch failed');
    await settled();
    expect(pool.status().backends).toMatchObject([
      { breaker: { trips: 0 }, attempts: { reset: 0 } },
      { breaker: { trips: 0 }, attempts: { reset: 0 } },
    ]);
  });
});

it('100 Continue may be sent by the application, before the proxy is reached', async () => {
  const { origin, server, app } = await serve(host, {
    backends: {
      only: async (_request, response, { body }) => {
        response.end(`got ${await body}`);
      },
    },
  });
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    setImmediate(() => app.listener()(request, response));
  });
  const { request, response } = open(origin, '/', {
    method: 'POST',
    headers: { expect: '100-continue', 'transfer-encoding': 'chunked' },
  });
  request.on('continue', () => request.end('hello'));
  request.flushHeaders();
  expect((await within(3_000, response.then(read))).text).toBe('got hello');
});
