import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers } from '../support/backend.ts';
import { call, rawCall } from '../support/caller.ts';
import { serve } from '../support/serve.ts';
import { open as openWebSocket, switchesProtocols } from '../support/websockets.ts';

const HOP_BY_HOP = {
  connection: 'close, X-Hop, x-other-hop',
  'x-hop': 'named by Connection',
  'x-other-hop': 'also',
  'keep-alive': 'timeout=5',
  'transfer-encoding': 'chunked',
  'proxy-authenticate': 'Basic',
  'proxy-authorization': 'Basic c2VjcmV0',
  'proxy-connection': 'keep-alive',
  te: 'trailers',
  trailer: 'x-checksum',
  upgrade: 'example/1',
};

/** Rule 15, towards the backend. */
export function describeForwarding(host: AdapterHost): void {
  const only = { only: answers(200) };

  describe('request headers', () => {
    it('pass end to end, with every value of those that are repeated', async () => {
      const { origin, backends } = await serve(host, { backends: only });
      const headers = {
        accept: 'text/event-stream',
        'accept-encoding': 'br',
        authorization: 'Bearer x',
        'content-type': 'application/json; charset=utf-8',
        cookie: 'a=1; b=2',
        'user-agent': 'a test',
        'x-list': ['1', '2'],
        'x-empty': '',
        'x-latin': 'caf\u00e9',
      };
      // A Buffer: Node's client writes the head in the encoding of a body that is a string.
      const body = Buffer.from('{}');
      await call(origin, '/', { method: 'POST', body, headers });
      expect((await backends.only.request()).headers).toMatchObject({
        ...headers,
        'x-list': '1, 2',
      });
    });

    it('of the hop stay here, those that Connection names too', async () => {
      const { origin, backends } = await serve(host, { backends: only });
      const body = 'a body of some chunks';
      await call(origin, '/', { method: 'POST', headers: HOP_BY_HOP, body, chunkBytes: 5 });
      const { headers } = await backends.only.request();
      const { connection, 'transfer-encoding': coding, ...others } = headers;
      expect([connection, coding]).toEqual(['keep-alive', 'chunked']);
      expect(Object.keys(others).filter((name) => Object.hasOwn(HOP_BY_HOP, name))).toEqual([]);
    });

    it('cannot take away by Connection what this hop adds', async () => {
      const { origin, backends } = await serve(host, {
        backends: only,
        each: { only: { headers: { 'api-key': 'own' } } },
      });
      const connection = 'close, x-forwarded-for, via, host, api-key, content-length';
      await call(origin, '/', { method: 'POST', body: 'body', headers: { connection } });
      const received = await backends.only.request();
      expect(received.headers).toMatchObject({
        'api-key': 'own',
        'x-forwarded-for': '127.0.0.1',
        via: '1.1 spillway',
        host: new URL(backends.only.url).host,
      });
      expect(String(await received.body)).toBe('body');
    });

    it('say who asked, by what and whom', async () => {
      const { origin, backends } = await serve(host, { backends: only });
      await call(origin, '/', { headers: { host: 'api.example:8443' } });
      expect((await backends.only.request()).headers).toMatchObject({
        host: new URL(backends.only.url).host,
        via: '1.1 spillway',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'api.example:8443',
        'x-forwarded-proto': 'http',
      });
    });

    it.each([
      [false, 'http', 'api.example'],
      [true, 'https', 'outside.example'],
    ])('believe an earlier proxy only if the application does: %s', async (trust, proto, seen) => {
      const { origin, backends } = await serve(host, {
        backends: only,
        app({ app, spillway, pool }) {
          if (trust) app.trustProxy();
          app.mount('/', spillway.proxy(pool));
        },
      });
      const headers = {
        host: 'api.example',
        via: '1.0 edge',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': 'outside.example',
        'x-forwarded-proto': 'https',
      };
      await call(origin, '/', { headers });
      expect((await backends.only.request()).headers).toMatchObject({
        via: '1.0 edge, 1.1 spillway',
        'x-forwarded-for': '203.0.113.9, 127.0.0.1',
        'x-forwarded-host': seen,
        'x-forwarded-proto': proto,
      });
    });

    it('name the protocol of an HTTP/1.0 caller, who gets an answer without chunks', async () => {
      const { origin, backends } = await serve(host, {
        backends: {
          only: (_request, response) => {
            response.write('in ');
            response.end('pieces');
          },
        },
      });
      const answer = await rawCall(origin, 'GET / HTTP/1.0\r\n\r\n');
      expect((await backends.only.request()).headers.via).toBe('1.0 spillway');
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer.endsWith('\r\n\r\nin pieces')).toBe(true);
    });

    it('may give a backend another Host', async () => {
      const { origin, backends } = await serve(host, {
        backends: only,
        each: { only: { headers: { Host: 'virtual.example' } } },
      });
      await call(origin, '/');
      const { rawHeaders } = await backends.only.request();
      expect(rawHeaders.filter((name) => name.toLowerCase() === 'host')).toHaveLength(1);
      expect(rawHeaders).toContain('virtual.example');
    });

    it('that smuggle a second request are refused before any backend', async () => {
      const { origin, counts } = await serve(host, { backends: only });
      const answer = await rawCall(
        origin,
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n' +
          '0\r\n\r\nGET /secret HTTP/1.1\r\nHost: a\r\n\r\n',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(counts()).toEqual({ only: 0 });
    });

    it('of an upgrade say who asked, too', async () => {
      const { origin, backends, server, spillway, pool } = await serve(host, { backends: only });
      server.on('upgrade', spillway.proxy(pool).upgrade);
      const { requests } = switchesProtocols(backends.only);
      await openWebSocket(origin);
      expect(requests[0]?.headers).toMatchObject({
        'x-forwarded-for': '127.0.0.1',
        via: '1.1 spillway',
      });
    });

    it('leave kept-alive connections to a backend in use', async () => {
      const { origin, backends } = await serve(host, { backends: only });
      for (let index = 0; index < 5; index++) {
        await call(origin, '/', { method: 'POST', body: 'x' });
      }
      expect(backends.only.sockets.size).toBe(1);
    });
  });
}
