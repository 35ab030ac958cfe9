import { createGzip, gunzipSync } from 'node:zlib';
import express, { type RequestHandler } from 'express';
import { expect, it } from 'vitest';
import { answers } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/until.ts';
import { behind } from './helpers.ts';

const host = expressHost(express);

it('an answer with a length is whole although middleware wraps end() and drops the encoding', async () => {
  const text = '{"é":"€"}';
  const { origin } = await serve(host, {
    backends: { only: answers(200, text, { 'content-length': String(Buffer.byteLength(text)) }) },
    app: behind((_req, res, next) => {
      const { end } = res;
      res.end = ((chunk: unknown) => end.call(res, chunk, 'utf8')) as typeof end;
      next();
    }),
  });
  expect((await within(3_000, call(origin, '/'))).text).toBe(text);
});

/** What the package `compression` does, without its conditions. */
const compress: RequestHandler = (_req, res, next) => {
  const gzip = createGzip();
  const { write, end, writeHead, on } = res;
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    res.removeHeader('content-length');
    res.setHeader('content-encoding', 'gzip');
    gzip.on('data', (chunk: Buffer) => {
      if (!write.call(res, chunk, 'utf8')) gzip.pause();
    });
    on.call(res, 'drain', () => gzip.resume());
    gzip.on('end', () => end.call(res, undefined, 'utf8'));
  };
  res.writeHead = ((status: number) => {
    begin();
    return writeHead.call(res, status);
  }) as typeof writeHead;
  res.write = ((chunk: Buffer) => {
    begin();
    return gzip.write(chunk);
  }) as typeof write;
  res.end = ((chunk?: Buffer) => {
    begin();
    gzip.end(chunk);
    return res;
  }) as typeof end;
  res.on = ((name: string, listener: () => void) => {
    if (name === 'drain') gzip.on('drain', listener);
    else on.call(res, name, listener);
    return res;
  }) as typeof on;
  next();
};

it.each(['with its length', 'in chunks'])(
  'an answer %s can be compressed on its way',
  async (how) => {
    const body = 'hello '.repeat(50_000);
    const { origin } = await serve(host, {
      backends: {
        only: (_request, response) => {
          if (how === 'with its length') response.setHeader('content-length', body.length);
          response.write(body.slice(0, 100_000));
          setImmediate(() => response.end(body.slice(100_000)));
        },
      },
      app: behind(compress),
    });
    const { headers, body: received } = await within(3_000, call(origin, '/'));
    expect(headers).toMatchObject({ 'content-encoding': 'gzip' });
    expect(gunzipSync(received).toString()).toBe(body);
  },
);

it('cookies and Vary of the application stay beside those of the backend', async () => {
  const { origin } = await serve(host, {
    backends: { only: answers(200, 'x', { 'set-cookie': ['b=1', 'c=2'], vary: 'accept' }) },
    app: behind((_req, res, next) => {
      res.cookie('session', '1');
      res.vary('Origin');
      next();
    }),
  });
  const { headers } = await call(origin, '/');
  expect(headers['set-cookie']).toEqual(['session=1; Path=/', 'b=1', 'c=2']);
  expect(headers.vary?.toLowerCase()).toBe('origin, accept');
});

it('a failure in between leaves no cookie of the backend that failed', async () => {
  const { origin } = await serve(host, {
    backends: {
      a: answers(429, 'no', { 'set-cookie': 'refused=1', vary: 'x-refused' }),
      b: answers(200, 'yes', { 'set-cookie': 'served=1' }),
    },
    app: behind((_req, res, next) => {
      res.cookie('session', '1');
      next();
    }),
  });
  const { headers } = await call(origin, '/');
  expect(headers['set-cookie']).toEqual(['session=1; Path=/', 'served=1']);
  expect(headers.vary).toBeUndefined();
});
