import { once } from 'node:events';
import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { answers } from '../support/backend.ts';
import { rawCall, rawCaller } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { within } from '../support/until.ts';

const host = expressHost(express);

it('pipelined requests with bodies of all kinds are answered in order', async () => {
  const { origin } = await serve(host, {
    backends: {
      only: async (request, response, { body }) => {
        const text = `[${request.url}:${await body}]`;
        setTimeout(() => response.end(text), request.url === '/1' ? 30 : 0);
      },
    },
  });
  const answered = await within(
    3_000,
    rawCall(
      origin,
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n' +
        'POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc' +
        'POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n' +
        'GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ),
  );
  expect(answered.match(/\[.*?\]/g)).toEqual(['[/1:]', '[/2:abc]', '[/3:xyz]', '[/4:]']);
});

it('pipelined requests whose caller has left before the proxy is reached ask no backend', async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => void warnings.push(name);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();
  let asked = 0;
  const { origin, server, settled, counts, pool } = await serve(host, {
    backends: { only: answers(200, Buffer.alloc(3_000_000)) },
    app({ app, spillway, pool }) {
      app.before(() => {
        asked++;
        if (asked === 30) server.emit('all asked');
        return gone;
      });
      app.mount('/', spillway.proxy(pool));
    },
  });
  const allAsked = once(server, 'all asked');
  const connected = once(server, 'connection');
  const { socket } = await rawCaller(origin);
  const [accepted] = await connected;
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(30));
  await within(3_000, allAsked);
  const closed = once(accepted, 'close');
  socket.destroy();
  await within(3_000, closed);
  go();
  await new Promise((resolve) => setImmediate(resolve));
  await settled();
  expect(counts()).toEqual({ only: 0 });
  expect(pool.status().backends[0]?.attempts.success).toBe(0);
  expect(warnings).toEqual([]);
});
