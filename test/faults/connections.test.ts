import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers, hangs, sha256 } from '../support/backend.ts';
import { call, open, read } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress } from '../support/hpm-host.ts';
import { listenersOf } from '../support/listeners.ts';
import { type Script, startRawBackend } from '../support/raw-backend.ts';
import { serve } from '../support/serve.ts';
import { sleepingBackend } from '../support/sleeping-backend.ts';
import { until, within } from '../support/until.ts';

const host = expressHost(express);

async function serveRaw(script: Script, pool = {}) {
  const raw = await startRawBackend(script);
  const served = await serve(host, {
    backends: { raw: hangs, spare: answers(200, 'spare') },
    each: { raw: { url: raw.url } },
    pool,
  });
  return { raw, ...served };
}

describe('an early answer, while the caller still uploads', () => {
  const refusal = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge';

  it('leaves the connection of a caller that goes on uploading in order', async () => {
    const { origin, raw } = await serveRaw(async (connection) => {
      await connection.until('beginning');
      connection.write(refusal);
    });
    const { request, response } = open(origin, '/', { method: 'POST' });
    request.write('the beginning');
    const answer = await response;
    for (let index = 0; index < 20; index++) request.write(randomBytes(100_000));
    request.end();
    expect((await read(answer)).text).toBe('large');
    expect(raw.requests()).toBe(1);
  });

  it('that refuses with 429 is passed on or tried elsewhere, but the body never cut', async () => {
    const { origin, backends } = await serveRaw(async (connection) => {
      await connection.until('beginning');
      connection.write('HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\nno');
    });
    const body = Buffer.concat([Buffer.from('beginning'), randomBytes(700_000)]);
    const { request, response } = open(origin, '/', { method: 'POST' });
    request.write(body.subarray(0, 50_000));
    await backends.spare.request();
    request.end(body.subarray(50_000));
    expect((await read(await response)).text).toBe('spare');
    expect(backends.spare.received[0]?.sha256).toBe(sha256(body));
  });
});

describe('kept-alive connections', () => {
  it.each([
    ['undici', host],
    ['http-proxy-middleware', hpmOnExpress(host)],
  ])('have no more listeners, however many requests they carry: %s', async (_, transport) => {
    const sockets: Socket[] = [];
    const note = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);
    const { origin, backends, pool, settled } = await serve(transport, {
      backends: { only: answers(200) },
    });
    const port = Number(new URL(backends.only.url).port);
    subscribe('net.client.socket', note);
    onTestFinished(() => void unsubscribe('net.client.socket', note));
    const listeners = () => {
      const connections = sockets.filter(({ remotePort }) => remotePort === port);
      return [process, ...pool.backends.map((backend) => backend.connections), ...connections].map(
        (emitter) => listenersOf(emitter as unknown as NodeJS.EventEmitter),
      );
    };
    await call(origin, '/');
    await settled();
    const before = listeners();
    expect(before).toHaveLength(3);
    for (let index = 0; index < 50; index++) {
      await call(origin, '/', { method: 'POST', body: Buffer.alloc(index * 4_000) });
    }
    await until(() => expect(listeners()).toEqual(before));
  });
});

it("a caller's AbortSignal has no more listeners after pool.fetch than after fetch itself", async () => {
  const { backends, pool } = await serve(host, {
    backends: { refuses: answers(429), spare: answers(200, 'spare') },
  });
  const left = async (fetch: typeof globalThis.fetch, url: string) => {
    const { signal } = new AbortController();
    for (let index = 0; index < 20; index++) await (await fetch(url, { signal })).text();
    return getEventListeners(signal, 'abort').length;
  };
  const byItself = await left(globalThis.fetch, backends.spare.url);
  expect(await left(pool.fetch, '/')).toBeLessThanOrEqual(byItself);
});

describe('a backend that does not accept connections', () => {
  it('is not waited for by shutdown, which leaves no connection half made', async () => {
    const url = await sleepingBackend();
    const connecting = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'ConnectWrap').length;
    // Those of the tests before go with the next turns of the event loop.
    let before = -1;
    while (before !== connecting()) {
      before = connecting();
      await delay(20);
    }
    const { origin, spillway, server } = await serve(host, {
      backends: { asleep: hangs },
      each: { asleep: { url } },
    });
    const called = call(origin, '/');
    await until(() => expect(connecting()).toBe(before + 1));
    await within(2_000, spillway.shutdown({ server, timeoutMs: 20 }));
    expect((await called).status).toBe(503);
    await until(() => expect(connecting()).toBe(before), 500);
  });
});
