import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { answers, hangs, sha256 } from '../support/backend.ts';
import { call, open, read } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
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

  it.each([
    ['and the backend closes', true],
    ['and the backend keeps the connection', false],
  ])('is passed on, %s', async (_, closes) => {
    const { origin, settled, raw } = await serveRaw(async (connection) => {
      await connection.until('beginning');
      connection.write(refusal);
      if (closes) connection.socket.end();
    });
    const { request, response } = open(origin, '/', {
      method: 'POST',
      headers: { 'content-length': 8_000_000 },
    });
    request.write('the beginning');
    const { status, text } = await within(3_000, response.then(read));
    expect([status, text]).toEqual([413, 'large']);
    await settled();
    // Half a request has gone through this connection: it cannot be used again.
    await until(() => expect(raw.connections[0]?.socket.closed).toBe(true));
  });

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
  it('that a backend closes between requests do no harm', async () => {
    const { origin, raw } = await serveRaw(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw');
      setImmediate(() => connection.socket.end());
    });
    for (let index = 0; index < 10; index++) {
      expect((await call(origin, '/', { method: 'POST', body: 'x' })).text).toBe('raw');
      await until(() => expect(raw.connections[index]?.socket.closed).toBe(true));
    }
  });

  it('that are reset under a request: GET is tried elsewhere, POST is told', async () => {
    const { origin, raw } = await serveRaw(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw');
      connection.socket.on('data', () => connection.socket.resetAndDestroy());
    });
    const statuses: number[] = [];
    for (const method of ['GET', 'GET', 'GET', 'POST']) {
      statuses.push((await call(origin, '/', { method })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 502]);
    // Two connections of two requests each.
    expect(raw.connections).toHaveLength(2);
  });

  it('leave no listeners behind, however many requests they carry', async () => {
    const { origin, backends, pool } = await serve(host, { backends: { only: answers(200) } });
    const sockets = new Set<Socket>();
    backends.only.server.on('connection', (socket: Socket) => sockets.add(socket));
    const count = () =>
      pool.backends.reduce((sum, { connections }) => {
        const emitter = connections as unknown as NodeJS.EventEmitter;
        return sum + emitter.eventNames().reduce((n, name) => n + emitter.listenerCount(name), 0);
      }, 0);
    await call(origin, '/');
    const before = [count(), getEventListeners(process, 'warning').length];
    for (let index = 0; index < 50; index++) {
      await call(origin, '/', { method: 'POST', body: Buffer.alloc(index * 4_000) });
    }
    expect([count(), getEventListeners(process, 'warning').length]).toEqual(before);
    expect(sockets.size).toBe(1);
  });
});

describe('a reset at any byte', () => {
  const answer =
    'HTTP/1.1 200 OK\r\nContent-Length: 26\r\nX-A: b\r\n\r\nabcdefghijklmnopqrstuvwxyz';

  it('of the answer: a GET is served whole, cut off visibly or served elsewhere', async () => {
    const outcomes = new Map<string, number>();
    const headBytes = answer.indexOf('\r\n\r\n') + 4;
    const { origin, settled, raw } = await serveRaw(async (connection, index) => {
      await connection.until('\r\n\r\n');
      connection.socket.write(answer.slice(0, index), () => {
        setImmediate(() => connection.socket.resetAndDestroy());
      });
    });
    for (let bytes = 0; bytes < answer.length; bytes++) {
      const outcome = await call(origin, '/').then(
        ({ text }) => text,
        () => 'cut off',
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (bytes < headBytes) expect(outcome).toBe('spare');
      else expect(['spare', 'cut off']).toContain(outcome);
    }
    expect(raw.connections).toHaveLength(answer.length);
    expect([...outcomes.keys()].sort()).toEqual(['cut off', 'spare']);
    await settled();
  });

  it('of a large request: a POST is answered once, with 502, and sent nowhere else', async () => {
    const body = randomBytes(300_000);
    const { origin, settled, backends, raw } = await serveRaw((connection, index) => {
      let left = index * 40_000 + 1;
      connection.socket.on('data', (chunk: string) => {
        left -= chunk.length;
        if (left <= 0) connection.socket.resetAndDestroy();
      });
    });
    for (let index = 0; index < 7; index++) {
      expect((await call(origin, '/', { method: 'POST', body })).status).toBe(502);
    }
    expect(raw.connections).toHaveLength(7);
    expect(backends.spare.received).toHaveLength(0);
    await settled();
  });
});

describe('a backend that does not accept connections', () => {
  it.each(['GET', 'POST'])(
    'is left after connectMs, before anything was sent: %s',
    async (method) => {
      const url = await sleepingBackend();
      const { origin, pool } = await serve(host, {
        backends: { asleep: hangs, spare: answers(200, 'spare') },
        each: { asleep: { url } },
        pool: { timeouts: { connectMs: 60, headersMs: 10_000 } },
      });
      const before = performance.now();
      expect((await call(origin, '/', { method })).text).toBe('spare');
      expect(performance.now() - before).toBeLessThan(600);
      expect(pool.status().backends[0]?.attempts).toMatchObject({ timeout: 1 });
    },
  );

  it('is a 504 when there is no other', async () => {
    const { origin } = await serve(host, {
      backends: { asleep: hangs },
      each: { asleep: { url: await sleepingBackend() } },
      pool: { timeouts: { connectMs: 60, headersMs: 10_000 } },
    });
    expect((await call(origin, '/')).status).toBe(504);
  });

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
