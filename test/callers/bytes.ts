import { METHODS } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, type Received } from '../support/backend.ts';
import { call, rawCall } from '../support/caller.ts';
import { serve } from '../support/serve.ts';

const EVERY_BYTE = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

const PLACES: readonly [where: string, request: (byte: string) => string][] = [
  ["a header's value", (byte) => `GET /a HTTP/1.1\r\nHost: a\r\nX-Probe: before${byte}after: x`],
  ["a header's name", (byte) => `GET /a HTTP/1.1\r\nHost: a\r\nX-Probe${byte}after: x`],
  [
    'a key in a header',
    (byte) => `GET /header HTTP/1.1\r\nHost: a\r\nX-Key: before${byte}after: x`,
  ],
  [
    'a key in a cookie',
    (byte) => `GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: key=be${byte}after: x`,
  ],
  ["a cookie's name", (byte) => `GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: ke${byte}after: y=x`],
  ['the path', (byte) => `GET /a/be${byte}after HTTP/1.1\r\nHost: a`],
  ['the query', (byte) => `GET /a?be=${byte}after HTTP/1.1\r\nHost: a`],
  ['Host', (byte) => `GET /a HTTP/1.1\r\nHost: be${byte}after:1`],
  [
    'X-Forwarded-For',
    (byte) => `GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1${byte}after: x`,
  ],
];

const COOKIES: readonly [what: string, value: string][] = [
  ['empty', ''],
  ['a name alone', 'key'],
  ['an empty value', 'key='],
  ['an empty name', '=value'],
  ['an equals sign in the value', 'key==a='],
  ['quotes', 'key="a b"'],
  ['quotes that do not end', 'key="a b'],
  ['semicolons alone', ';;;; ;;'],
  ['a comma', 'a=b, key=c'],
  ['broken percent signs', 'key=%zz%'],
  ['an encoded line break', 'key=%0d%0aafter:%20x'],
  ['the key twice', 'key=a; key=b'],
  ['another case', 'KEY=a'],
  ['the name of a property of all objects', '__proto__=a; constructor=b; key=c'],
  ['spaces about the name', ' key = a '],
  ['8 KiB', `key=${'a'.repeat(8_192)}`],
  ['1 000 cookies', Array.from({ length: 1_000 }, (_, index) => `k${index}=${index}`).join('; ')],
];

const HOST = 'Host: a\r\n';

/** Whole requests, as bytes, and how each is answered. */
const REQUESTS: readonly [what: string, bytes: string, status: string][] = [
  ['without Host', 'GET /a HTTP/1.1\r\n', '400'],
  ['with Host twice', `GET /a HTTP/1.1\r\n${HOST}Host: b\r\n`, '200'],
  ['with an empty Host', 'GET /a HTTP/1.1\r\nHost:\r\n', '200'],
  ['of HTTP/1.0 without Host', 'GET /a HTTP/1.0\r\n', '200'],
  ['of HTTP/0.9, which Node takes', 'GET /a\r\n', '200'],
  ['of HTTP/2', 'PRI * HTTP/2.0\r\n', '400'],
  ['of HTTP/1.9', `GET /a HTTP/1.9\r\n${HOST}`, '400'],
  ['of an unknown method', `GEST /a HTTP/1.1\r\n${HOST}`, '400'],
  ['for an absolute URL', `GET http://b/a/x HTTP/1.1\r\n${HOST}`, '200'],
  ['with 15 KiB of headers', `GET /a HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(15_360)}\r\n`, '200'],
  ['with 17 KiB of headers', `GET /a HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(17_408)}\r\n`, '431'],
  ['with a path of 15 KiB', `GET /a/${'a'.repeat(15_360)} HTTP/1.1\r\n${HOST}`, '200'],
  ['with 400 headers', `GET /a HTTP/1.1\r\n${HOST}${'X-A: a\r\n'.repeat(400)}`, '200'],
  [
    'with two lengths',
    `POST /a HTTP/1.1\r\n${HOST}Content-Length: 0\r\nContent-Length: 1\r\n`,
    '400',
  ],
  ['with a negative length', `POST /a HTTP/1.1\r\n${HOST}Content-Length: -1\r\n`, '400'],
  [
    'with a length beyond all',
    `POST /a HTTP/1.1\r\n${HOST}Content-Length: ${'9'.repeat(40)}\r\n`,
    '400',
  ],
  [
    'with a length and chunks',
    `POST /a HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`,
    '400',
  ],
  [
    'with a coding beside chunks',
    `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n`,
    '400',
  ],
  [
    'whose last coding is not chunked',
    `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n`,
    '400',
  ],
  ['with a folded header', `GET /a HTTP/1.1\r\n${HOST}X-A: a\r\n after: x\r\n`, '400'],
  ['with a space before the colon', `GET /a HTTP/1.1\r\n${HOST}X-A : a\r\n`, '400'],
  ['with lines that end in LF alone', `GET /a HTTP/1.1\n${HOST}X-A: a\r\n`, '400'],
  [
    'for another protocol',
    `GET /a HTTP/1.1\r\n${HOST}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`,
    '200',
  ],
  ['that expects something unheard of', `GET /a HTTP/1.1\r\n${HOST}Expect: miracles\r\n`, '417'],
  [
    'whose Connection names its other headers',
    `GET /a HTTP/1.1\r\n${HOST}Connection: host, x-forwarded-for, content-length\r\n`,
    '200',
  ],
  [
    'that came through 1 000 hops',
    `GET /a HTTP/1.1\r\n${HOST}X-Forwarded-For: ${'1.1.1.1, '.repeat(1_000)}1.1.1.1\r\n`,
    '200',
  ],
];

/** Those that mean something somewhere. */
const NOTABLE = new Set('\0\t\n\r "#%,/:;=?@\\\x7f\x80\xff');

/**
 * What callers may write into a request, well-formed or not.
 * @param full with every byte, and not one in eight with those that are notable
 */
export function describeBytes(host: AdapterHost, full: boolean): void {
  const bytes = EVERY_BYTE.filter((byte, code) => full || code % 8 === 0 || NOTABLE.has(byte));

  describe('a request with odd bytes', () => {
    const serveKeys = () =>
      serve(host, {
        backends: { a: answers(200, 'served'), b: answers(200, 'served') },
        each: { a: { priority: 1 }, b: { priority: 1 } },
        app({ app, spillway, pool }) {
          const { backends } = pool.config;
          const urls = backends.map(({ id, url }) => ({ id, url }));
          const header = spillway.pool('header', { backends: urls, affinity: { header: 'x-key' } });
          const cookie = spillway.pool('cookie', { backends: urls, affinity: { cookie: 'key' } });
          const gate = { maxCount: 10, key: (r: unknown) => keyOf(r) };
          app.mount('/', spillway.limitConcurrency(gate as never));
          app.mount('/header', spillway.proxy(header));
          app.mount('/cookie', spillway.proxy(cookie));
          app.mount('/a', spillway.proxy(pool));
        },
      });

    it.each(PLACES)('in %s is served or refused with 400, and never split', async (_, request) => {
      const { origin, backends } = await serveKeys();
      const outcomes = new Map<string, string[]>();
      for (const byte of bytes) {
        const answer = await rawCall(origin, `${request(byte)}\r\nConnection: close\r\n\r\n`);
        const status = statusOf(answer);
        outcomes.set(status, [...(outcomes.get(status) ?? []), JSON.stringify(byte)]);
      }
      for (const { received } of Object.values(backends)) {
        for (const each of received) expect(namesOf(each)).not.toContain('after');
      }
      expect([...outcomes.keys()].sort()).toEqual(['200', '400']);
    });

    it('in a header that is served comes as it was sent', async () => {
      const { origin, backends } = await serveKeys();
      const served: string[] = [];
      for (const byte of bytes) {
        const head = `GET /a HTTP/1.1\r\nHost: a\r\nX-Probe: be${byte}fore\r\n`;
        const answer = await rawCall(origin, `${head}Connection: close\r\n\r\n`);
        if (statusOf(answer) === '200') served.push(`be${byte}fore`);
      }
      const received = [...backends.a.received, ...backends.b.received];
      expect(new Set(received.map(({ headers }) => headers['x-probe']))).toEqual(new Set(served));
      expect(served.length).toBe(received.length);
    });

    it.each(REQUESTS)('is answered with a status that says so: %s', async (_, bytes, status) => {
      const { origin, backends } = await serveKeys();
      const answer = await rawCall(origin, `${bytes}Connection: close\r\n\r\n`);
      expect(statusOf(answer)).toBe(status);
      const received = [...backends.a.received, ...backends.b.received];
      expect(received).toHaveLength(status === '200' ? 1 : 0);
    });

    it('or of any method that Node knows is served', async () => {
      const { origin, backends } = await serveKeys();
      const methods = METHODS.filter((method) => method !== 'CONNECT');
      for (const method of methods) {
        const head = `${method} /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
        expect([method, statusOf(await rawCall(origin, head))]).toEqual([method, '200']);
      }
      const received = [...backends.a.received, ...backends.b.received];
      expect(received.map(({ method }) => method).sort()).toEqual([...methods].sort());
    });

    it.each(COOKIES)('a Cookie header is taken as it is: %s', async (_, value) => {
      const { origin, backends } = await serveKeys();
      const called = await call(origin, '/cookie', { headers: { cookie: value } });
      expect(called.status).toBe(200);
      const received = [...backends.a.received, ...backends.b.received];
      expect(received).toHaveLength(1);
      expect(received[0]?.headers.cookie ?? '').toBe(value.trim());
    });
  });
}

function keyOf(request: unknown): string | undefined {
  return (request as { headers: Record<string, string | undefined> }).headers['x-key'];
}

function statusOf(answer: string): string {
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? answer;
}

function namesOf({ rawHeaders }: Received): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}
