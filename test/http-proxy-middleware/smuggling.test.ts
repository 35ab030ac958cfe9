import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSpillway } from '@spillway/express';
import { createPoolProxyMiddleware, type PoolProxyOptions } from '@spillway/http-proxy-middleware';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rawCaller } from '../support/caller.ts';
import { until } from '../support/until.ts';
import { startStrictBackend } from './strict-backend.ts';

const OWN = 'of the backend';

/** What a path is judged by before it reaches the proxy. */
const FRONTS = {
  'spillway.proxy': undefined,
  'http-proxy-middleware': {},
  'http-proxy-middleware with pathFilter': { pathFilter: '/open' },
  'http-proxy-middleware with pathRewrite': { pathRewrite: { '^/open': '/inner' } },
} satisfies Record<string, PoolProxyOptions | undefined>;

const fronts = Object.keys(FRONTS) as (keyof typeof FRONTS)[];

async function startFront(name: keyof typeof FRONTS) {
  const backend = await startStrictBackend();
  const spillway = createSpillway();
  const pool = spillway.pool('chat', {
    backends: [{ id: 'only', url: backend.url, headers: { 'x-own': OWN } }],
  });
  const options = FRONTS[name];
  const app = express();
  app.set('env', 'test');
  if (options === undefined) app.use(spillway.proxy(pool));
  else app.use(createPoolProxyMiddleware(pool, options) as unknown as RequestHandler);
  const onError: ErrorRequestHandler = ({ status }, _request, response, _next) =>
    void response.status(status).end();
  app.use(onError);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await spillway.shutdown({ server, timeoutMs: 0 });
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, backend };
}

/** The statuses of all answers that came, or `none` when the connection was closed without any. */
const statusesOf = (text: string) => text.match(/(?<=^HTTP\/1\.1 )\d+/gm)?.join(' ') ?? 'none';

const post = (lines: string, body = '') =>
  `POST /open/x HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n${body}`;
const get = (path: string, lines = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;

/** What is to be smuggled: as a body it is harmless, as a request it is not. */
const SECRET = get('/secret');
const LAST = '0\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked';
const IN_CHUNKS = `${SECRET.length.toString(16)}\r\n${SECRET}\r\n${LAST}`;
const X = '200 GET /open/x';
const POSTED = '200 POST /open/x [body]';
const POSTED_SECRET = `200 POST /open/x [${SECRET}]`;
const NUL = '\0';

/**
 * What comes on the wire, and what becomes of it: the statuses of the answers, then what the backend
 * was asked for, with the body in brackets. Where the fronts differ: by which of them, in their order
 * (with `pathRewrite` nothing is said where `/open` becomes `/inner`).
 */
const FRAMING: readonly [name: string, bytes: string, outcome: string][] = [
  // Two ways to say where the body ends
  [
    'Content-Length, then Transfer-Encoding',
    post(`Content-Length: 4\r\n${CHUNKED}`, LAST + SECRET),
    '400',
  ],
  [
    'Transfer-Encoding, then Content-Length',
    post(`${CHUNKED}\r\nContent-Length: 4`, LAST + SECRET),
    '400',
  ],
  ['two lengths', post(`Content-Length: 0\r\nContent-Length: ${SECRET.length}`, SECRET), '400'],
  ['the same length twice', post('Content-Length: 4\r\nContent-Length: 4', 'body'), '400'],
  ['a list of lengths', post('Content-Length: 4, 4', 'body'), '400'],
  // Lengths that some read as others
  ['a length with a sign', post('Content-Length: +4', 'body'), '400'],
  ['a negative length', post('Content-Length: -4', 'body'), '400'],
  ['a hexadecimal length', post('Content-Length: 0x4', 'body'), '400'],
  ['a length behind an underscore', post('Content_Length: 9\r\nContent-Length: 4', 'body'), POSTED],
  // Codings that some read as chunked
  ['xchunked', post('Transfer-Encoding: xchunked', LAST + SECRET), '400'],
  ['identity', post('Transfer-Encoding: identity', LAST + SECRET), '400'],
  ['chunked, identity', post(`${CHUNKED}, identity`, LAST + SECRET), '400'],
  ['chunked and identity', post(`${CHUNKED}\r\nTransfer-Encoding: identity`, LAST + SECRET), '400'],
  ['chunked twice', post(`${CHUNKED}\r\n${CHUNKED}`, LAST + SECRET), '400'],
  ['chunked in quotes', post('Transfer-Encoding: "chunked"', LAST + SECRET), '400'],
  ['chunked behind a vertical tab', post('Transfer-Encoding: \x0bchunked', LAST + SECRET), '400'],
  ['chunked before obs-text', post(`${CHUNKED}\xa0`, LAST + SECRET), '400'],
  ['chunked before NUL', post(`${CHUNKED}${NUL}`, LAST + SECRET), '400'],
  ['CHUNKED', post('TRANSFER-ENCODING: CHUNKED', IN_CHUNKS), POSTED_SECRET],
  ['chunked behind a tab', post('Transfer-Encoding:\tchunked', IN_CHUNKS), POSTED_SECRET],
  ['chunks of HTTP/1.0', post(CHUNKED, IN_CHUNKS).replace('/1.1', '/1.0'), POSTED_SECRET],
  // Lines that some read as part of others
  ['obs-fold in Transfer-Encoding', post('Transfer-Encoding:\r\n chunked', LAST + SECRET), '400'],
  ['obs-fold that hides a length', post('X-A: b\r\n Content-Length: 4', 'body'), '400'],
  ['bare LF after every line', 'POST /open/x HTTP/1.1\nHost: a\nContent-Length: 4\n\nbody', '400'],
  ['bare LF in a value', post(`X-A: b\n${CHUNKED}`, LAST + SECRET), '400'],
  ['bare CR in a value', post(`X-A: b\r${CHUNKED}\r\nContent-Length: 4`, 'body'), '400'],
  ['NUL in a value', get('/open/x', `X-A: b${NUL}c\r\n`), '400'],
  ['a space before the colon', post('Content-Length : 4', 'body'), '400'],
  [
    'a space before the colon of another',
    post('Transfer-Encoding : chunked\r\nContent-Length: 4', 'body'),
    '400',
  ],
  ['a space before the name', post(' Content-Length: 4', 'body'), '400'],
  ['a line without a colon', post('X-A\r\nContent-Length: 4', 'body'), '400'],
  ['CRLF, escaped, in a value', get('/open/x', 'X-A: b\\r\\nX-B: c%0d%0aX-C: d\r\n'), X],
  ['CRLF, encoded, in the path', get('/open/x%0d%0aX-A:%20b'), '200 GET /open/x%0d%0aX-A:%20b'],
  // Headers that take others away
  [
    'Connection: content-length',
    post(`Connection: close, content-length\r\nContent-Length: ${SECRET.length}`, SECRET),
    POSTED_SECRET,
  ],
  [
    'Connection: transfer-encoding',
    post(`Connection: close, transfer-encoding\r\n${CHUNKED}`, IN_CHUNKS),
    POSTED_SECRET,
  ],
  ['Connection: host', get('/open/x', 'Connection: close, host\r\n'), X],
  ['Connection: x-own', get('/open/x', 'Connection: close, x-own\r\n'), X],
  ['Connection: connection', get('/open/x', 'Connection: close, connection\r\n'), X],
  // Hosts
  ['no host', 'GET /open/x HTTP/1.1\r\n\r\n', '400'],
  ['two hosts', get('/open/x', 'Host: b\r\n'), X],
  // Chunks
  ['a chunk with an extension', post(CHUNKED, `4;a=b\r\nbody\r\n${LAST}`), POSTED],
  ['LF in an extension', post(CHUNKED, `4;a\nb\r\nbody\r\n${LAST}`), '400'],
  ['LF after a chunk', post(CHUNKED, '4\nbody\n0\n\n'), '400'],
  ['a chunk of negative size', post(CHUNKED, `-4\r\nbody\r\n${LAST}`), '400'],
  ['a chunk of 0x4', post(CHUNKED, `0x4\r\nbody\r\n${LAST}`), '400'],
  ['a chunk of more than 64 bits', post(CHUNKED, `fffffffffffffffff4\r\nbody\r\n${LAST}`), '400'],
  ['a space after the size', post(CHUNKED, `4 \r\nbody\r\n${LAST}`), '400'],
  [
    'a trailer',
    post(`${CHUNKED}\r\nTrailer: x-own`, `4\r\nbody\r\n0\r\nX-Own: mine\r\n\r\n`),
    POSTED,
  ],
  // Other protocols, and other answers than one
  [
    'h2c',
    get(
      '/open/x',
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
    ),
    X,
  ],
  ['h2c without Connection', get('/open/x', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'), X],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
  ['TE with obs-text', get('/open/x', 'TE: trailers\xa0, chunked\r\n'), X],
  ['TE with a vertical tab', get('/open/x', 'TE: trailers\x0b, chunked\r\n'), '400'],
  ['TE and Connection: TE', get('/open/x', 'Connection: TE\r\nTE: trailers\r\n'), X],
  ['Expect', post('Expect: 100-continue\r\nContent-Length: 4', 'body'), `100 ${POSTED}`],
  [
    'GET with a body',
    get('/open/x', `Content-Length: ${SECRET.length}\r\n`) + SECRET,
    `200 GET /open/x [${SECRET}]`,
  ],
  ['two requests at once', get('/open/x') + get('/open/y'), '200 200 GET /open/x, GET /open/y'],
  ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n', 'none'],
];

/** Their outcome in the order of the fronts. */
const PATHS: readonly [target: string, ...outcomes: [string, string, string, string]][] = [
  [
    '/open/x%00',
    '200 GET /open/x%00',
    '200 GET /open/x%00',
    '200 GET /open/x%00',
    '200 GET /inner/x%00',
  ],
  [
    '/open?a=/../b',
    '200 GET /open?a=/../b',
    '200 GET /open?a=/../b',
    '200 GET /open?a=/../b',
    '200 GET /inner?a=/../b',
  ],
  ['/OPEN/x', '200 GET /OPEN/x', '200 GET /OPEN/x', '404', '200 GET /OPEN/x'],
  ['/%6fpen/x', '200 GET /%6fpen/x', '200 GET /%6fpen/x', '404', '200 GET /%6fpen/x'],
  ['/open/x\xe9', '400', '400', '400', '400'],
  // Dots: resolved where nobody has judged them
  ['/open/../secret', '200 GET /secret', '200 GET /secret', '404', '400'],
  ['/open/%2e%2e/secret', '200 GET /secret', '200 GET /secret', '404', '400'],
  ['/open/.%2E/secret', '200 GET /secret', '200 GET /secret', '404', '400'],
  ['/open/..%2fsecret', '200 GET /secret', '200 GET /secret', '400', '400'],
  ['/open/%2e%2e%2fsecret', '200 GET /secret', '200 GET /secret', '400', '400'],
  ['/open/%252e%252e/secret', '200 GET /secret', '200 GET /secret', '400', '400'],
  ['/open/%252e%252e%252fsecret', '200 GET /secret', '200 GET /secret', '400', '400'],
  ['/open/..\\secret', '200 GET /secret', '200 GET /secret', '404', '400'],
  ['/open/..%5csecret', '200 GET /secret', '200 GET /secret', '400', '400'],
  ['/open/..;/secret', '200 GET /secret', '200 GET /secret', '400', '400'],
  ['/open/..;a=b/secret', '200 GET /secret', '200 GET /secret', '400', '400'],
  ['/secret/../open/x', '200 GET /open/x', '200 GET /open/x', '400', '400'],
  ['/open/x#/../secret', '200 GET /open/x', '200 GET /open/x', '400', '400'],
  ['/open/.', '200 GET /open/', '200 GET /open/', '400', '400'],
  // Read as a host by a filter, and as part of the path by a backend
  [
    '//secret/open',
    '200 GET //secret/open',
    '200 GET //secret/open',
    '400',
    '200 GET //secret/open',
  ],
  ['//open/../secret', '200 GET //secret', '200 GET //secret', '404', '400'],
  [
    '/\\secret/open',
    '200 GET /\\secret/open',
    '200 GET /\\secret/open',
    '400',
    '200 GET /\\secret/open',
  ],
  ['/open\\x', '200 GET /open\\x', '200 GET /open\\x', '400', '200 GET /inner\\x'],
  // Other forms of RFC 9112 §3.2
  ['http://evil.example/open/x', '200 GET /open/x', '200 GET /open/x', '400', '400'],
  ['http://evil.example/secret', '200 GET /secret', '200 GET /secret', '404', '400'],
  ['http://evil.example/open/../secret', '200 GET /secret', '200 GET /secret', '404', '400'],
  ['http://evil.example', '200 GET /', '200 GET /', '404', '400'],
];

const rows = (front: keyof typeof FRONTS): [name: string, bytes: string, outcome: string][] => {
  const rewrites = front.endsWith('pathRewrite');
  return [
    ...FRAMING.map(([name, bytes, outcome]): [string, string, string] => [
      name,
      bytes,
      rewrites ? outcome.replaceAll('/open/', '/inner/') : outcome,
    ]),
    ...PATHS.map(([target, ...outcomes]): [string, string, string] => [
      target,
      get(target),
      outcomes[fronts.indexOf(front)] as string,
    ]),
  ];
};

describe.each(fronts)('what reaches a backend through %s is what was judged:', (front) => {
  it.each(rows(front))('%s', async (_name, bytes, outcome) => {
    const { origin, backend } = await startFront(front);
    const caller = await rawCaller(origin);
    caller.socket.write(Buffer.from(bytes, 'latin1'));
    const expected = /^(?:\d{3}|none)(?: \d{3})*/.exec(outcome)?.[0];
    await until(() => {
      if (!caller.socket.closed) expect(statusesOf(caller.text())).toBe(expected);
    });
    // On the same connections to the backend: it would be read as part of what was left there.
    const last = await rawCaller(origin);
    last.socket.write(get('/open/last', 'Connection: close\r\n'));
    await until(() => expect(last.socket.closed).toBe(true));
    caller.socket.destroy();
    const requests = backend.received.map((request) => {
      if (typeof request === 'string') return request;
      const { method, path, body, headers } = request;
      expect(headers).toContainEqual(['x-own', OWN]);
      expect(headers.map(([name]) => name)).not.toContain('upgrade');
      expect(headers.map(([name]) => name)).not.toContain('te');
      return `${method} ${path}${body && ` [${body}]`}`;
    });
    expect(requests.pop()).toMatch(/^GET \/(open|inner)\/last$/);
    expect([statusesOf(caller.text()), requests.join(', ')].join(' ').trimEnd()).toBe(outcome);
  });
});

it.each(fronts)('%s answers what it can pass on in chunks only', async (front) => {
  const { origin, backend } = await startFront(front);
  const caller = await rawCaller(origin);
  caller.socket.write(post('Transfer-Encoding: gzip, chunked', IN_CHUNKS));
  await caller.until('\r\n\r\n');
  expect([statusesOf(caller.text()), backend.received]).toEqual(['400', []]);
});
