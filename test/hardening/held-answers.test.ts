import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, answers } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/until.ts';
import { behind, later, uncaughtErrors } from './helpers.ts';

const host = expressHost(express);

/** A held answer that is not read on is cut off after this long. */
const timeouts = { bodyMs: 2_000 };

describe('a held answer that was paused, being larger than what is held', () => {
  const backends = {
    refusing: answers(429, Buffer.alloc(300_000, 'x')),
    failing: later(answers(500, 'failed')),
  };

  it('is delivered whole by the proxy', async () => {
    const { origin } = await serve(host, { backends, pool: { timeouts } });
    const { status, body } = await within(4_000, call(origin, '/'));
    expect([status, body.length]).toEqual([429, 300_000]);
  });

  it('is delivered whole by a server that takes all of it at once', async () => {
    const { app } = await serve(host, { backends, pool: { timeouts } });
    const server = createServer({ highWaterMark: 4_000_000 }, app.listener());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { status, body } = await within(4_000, call(origin, '/'));
    expect([status, body.length]).toEqual([429, 300_000]);
  });

  it('is delivered whole by fetch', async () => {
    const { pool } = await serve(host, { backends, pool: { timeouts } });
    const response = await within(4_000, pool.fetch('/'));
    const body = await within(4_000, response.arrayBuffer());
    expect([response.status, body.byteLength]).toEqual([429, 300_000]);
  });
});

it.each([65_535, 65_536, 65_537])(
  'a held answer of %i bytes does not spoil the one that is delivered instead',
  async (bytes) => {
    const { origin, pool, counts } = await serve(host, {
      backends: {
        a: answers(429, Buffer.alloc(bytes), { 'content-length': String(bytes) }),
        b: later(answers(200, 'served')),
      },
      pool: { timeouts },
    });
    const { status, text } = await within(4_000, call(origin, '/', { method: 'POST', body: 'x' }));
    expect([status, text, counts()]).toEqual([200, 'served', { a: 1, b: 1 }]);
    expect(pool.status().backends[1]?.attempts).toMatchObject({ success: 1, reset: 0 });
  },
);

describe('an answer whose head cannot be written', () => {
  const refuseOdd: RequestHandler = (_req, res, next) => {
    const { setHeader } = res;
    res.setHeader = (name, value) => {
      if (name === 'x-odd') throw new Error('no such header here');
      return setHeader.call(res, name, value);
    };
    next();
  };

  it.each<[string, Answer]>([
    ['empty', answers(200, '', { 'x-odd': '1', 'content-length': '0' })],
    ['empty and chunked', answers(200, '', { 'x-odd': '1' })],
    ['of one chunk', answers(200, 'body', { 'x-odd': '1' })],
  ])('is a 502: %s', async (_, answer) => {
    const { origin } = await serve(host, { backends: { only: answer }, app: behind(refuseOdd) });
    const called = await within(3_000, call(origin, '/'));
    expect([called.status, called.headers['x-odd']]).toEqual([502, undefined]);
  });

  it('is a 502 once, although it was held in several chunks', async () => {
    const errors = uncaughtErrors();
    const { origin, settled } = await serve(host, {
      backends: {
        a: (_request, response) => {
          response.writeHead(429, { 'x-odd': '1' });
          response.write('one');
          setTimeout(() => response.end('two'), 20);
        },
        b: later((_request, response) => void response.destroy()),
      },
      app: behind(refuseOdd),
    });
    expect((await within(3_000, call(origin, '/'))).status).toBe(502);
    await settled();
    expect(errors).toEqual([]);
  });
});
