import express from 'express';
import { expect, it } from 'vitest';
import { answers } from '../support/backend.ts';
import { rawCall } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { startRawBackend } from '../support/raw-backend.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/until.ts';

const host = expressHost(express);

it.each([
  ['a status below 100', 'HTTP/1.1 099 x\r\ncontent-length: 0\r\n\r\n'],
  ['an upgrade', 'HTTP/1.1 101 x\r\nupgrade: a\r\nconnection: upgrade\r\n\r\n'],
  ['no HTTP', 'garbage\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ['DEL in a value', 'HTTP/1.1 200 OK\r\nx-a: a\x7fb\r\ncontent-length: 0\r\n\r\n'],
  ['a control in a value', 'HTTP/1.1 200 OK\r\nx-a: a\x01b\r\ncontent-length: 0\r\n\r\n'],
])('an answer that nobody may send is a 502: %s', async (_, bytes) => {
  const raw = await startRawBackend(async (connection) => {
    await connection.until('\r\n\r\n');
    connection.write(bytes);
  });
  const { pool } = await serve(host, {
    backends: { raw: answers(200) },
    each: { raw: { url: raw.url } },
  });
  expect((await within(3_000, pool.fetch('/', { method: 'POST', body: 'x' }))).status).toBe(502);
});

it('headers named as what every object has pass both ways', async () => {
  const { origin, backends } = await serve(host, {
    backends: { only: answers(200, 'ok', { constructor: 'there', tostring: 'back' }) },
  });
  const text = await rawCall(
    origin,
    'GET / HTTP/1.1\r\nHost: a\r\nconstructor: c\r\ntoString: t\r\nConnection: close\r\n\r\n',
  );
  expect(backends.only.received[0]?.rawHeaders.join()).toMatch(/constructor,c,.*tostring,t/i);
  expect(text).toMatch(/constructor: there\r\ntostring: back/);
});
