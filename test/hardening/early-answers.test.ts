import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { type Answer, answers, sha256 } from '../support/backend.ts';
import { open, read } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/until.ts';

const host = expressHost(express);

/** A 429 in two chunks, the first of which comes before the body has. */
const refusesEarly: Answer = (_request, response) => {
  response.writeHead(429, { 'retry-after': '7', 'x-mine': '1' });
  response.write('sl');
  setTimeout(() => response.end('ow'), 50);
};

describe('an early 429, while the caller still uploads', () => {
  it('is no failure when the rule of the breaker does not name it', async () => {
    const { origin, pool, backends, settled } = await serve(host, {
      backends: { a: refusesEarly, b: answers(200) },
      each: { a: { breaker: { failureCount: 1, statusCodes: ['500-599'] } } },
    });
    const { request, response } = open(origin, '/', { method: 'POST' });
    request.write('first');
    await backends.b.request();
    request.end('second');
    expect((await within(3_000, response.then(read))).status).toBe(200);
    await settled();
    expect(pool.status().backends[0]).toMatchObject({
      breaker: { trips: 0 },
      attempts: { throttled: 1, reset: 0 },
    });
  });

  it('is passed on as it was sent when the next backend cannot be connected to', async () => {
    const { origin, backends } = await serve(host, {
      backends: { a: refusesEarly, b: answers(200) },
    });
    await backends.b.close();
    const { request, response } = open(origin, '/', { method: 'POST' });
    request.write('first');
    const { status, headers, text } = await within(3_000, response.then(read));
    request.end('second');
    expect([status, headers['retry-after'], headers['x-mine'], text]).toEqual([
      429,
      '7',
      '1',
      'slow',
    ]);
  });

  it('of many backends leaves no listeners on the request, and its body whole', async () => {
    const early = answersEarly();
    const { promise: asked, resolve: ask } = Promise.withResolvers<IncomingMessage>();
    const { origin, backends, settled } = await serve(host, {
      backends: {
        a: early,
        b: early,
        c: early,
        d: early,
        whole: answers(200, 'ok'),
      },
      app({ app, spillway, pool }) {
        app.before(ask);
        app.mount('/', spillway.proxy(pool));
      },
    });
    const body = randomBytes(900_000);
    const listeners = (request: IncomingMessage) =>
      ['data', 'end', 'error', 'close'].map((name) => request.listenerCount(name));
    const { request, response } = open(origin, '/', { method: 'POST' });
    request.write(body.subarray(0, 30_000));
    const incoming = await asked;
    await backends.a.request();
    const atFirst = listeners(incoming);
    await backends.whole.request();
    expect(listeners(incoming)).toEqual(atFirst);
    request.end(body.subarray(30_000));
    expect((await within(4_000, response.then(read))).text).toBe('ok');
    expect(backends.whole.received[0]?.sha256).toBe(sha256(body));
    await settled();
  });
});

function answersEarly(): Answer {
  return (request, response) => {
    request.once('data', () => response.writeHead(429).end('early'));
  };
}

describe('an early 200, while the caller still uploads', () => {
  it('goes on while the backend reads the rest', async () => {
    const { origin, backends } = await serve(host, {
      backends: {
        only: (request, response) => {
          response.write('early ');
          request.on('end', () => response.end('done'));
        },
      },
    });
    const { request, response } = open(origin, '/', { method: 'POST' });
    request.write('a');
    const answer = await within(3_000, response);
    request.end(Buffer.alloc(1_000_000));
    expect((await within(3_000, read(answer))).text).toBe('early done');
    expect(backends.only.received[0]?.bytes).toBe(1_000_001);
  });
});
