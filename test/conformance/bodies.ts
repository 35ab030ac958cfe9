import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, refuses, sha256 } from '../support/backend.ts';
import { call, open, read } from '../support/caller.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

const MIB = 1_048_576;
const json = Buffer.from('{"n":12345678901234567890,"text":"ä€😀","spaces":   1.0}');

const BODIES: readonly [name: string, body: Buffer, headers: Record<string, string>][] = [
  ['JSON', json, { 'content-type': 'application/json' }],
  ['a form', Buffer.from('a=1&b=%20&a=2'), { 'content-type': 'application/x-www-form-urlencoded' }],
  ['gzip', gzipSync(json), { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ['bytes', randomBytes(1_000), {}],
  ['empty', Buffer.alloc(0), {}],
  ['64 KiB', randomBytes(65_536), {}],
  ['64 KiB and a byte', randomBytes(65_537), {}],
  ['a byte below maxBodyBytes', randomBytes(MIB - 1), {}],
  ['exactly maxBodyBytes', randomBytes(MIB), {}],
];

/** Rule 12, without a parser in between. */
export function describeBodies(host: AdapterHost): void {
  describe('request bodies', () => {
    describe.each(['POST', 'PUT', 'PATCH', 'DELETE'])('of %s', (method) => {
      it.each(BODIES)('reach every backend byte for byte: %s', async (_, body, headers) => {
        const { origin, backends } = await serve(host, {
          backends: { a: refuses(), b: refuses(), c: answers(200) },
        });
        // Node's client would frame a DELETE's body in no way at all.
        const framed = { ...headers, 'content-length': body.length };
        const { status } = await call(origin, '/', { method, body, headers: framed });
        expect(status).toBe(200);
        for (const { received } of Object.values(backends)) {
          expect(received.map(({ bytes, sha256 }) => [bytes, sha256])).toEqual([
            [body.length, sha256(body)],
          ]);
          expect(received[0]?.headers).toMatchObject(headers);
          if (method !== 'DELETE' || body.length > 0) {
            expect(received[0]?.headers['content-length']).toBe(String(body.length));
          }
        }
      });
    });

    it.each(BODIES)('reach every backend byte for byte when chunked: %s', async (_, body) => {
      const { origin, backends } = await serve(host, {
        backends: { a: refuses(), b: answers(200) },
      });
      const chunkBytes = Math.max(7, Math.ceil(body.length / 9));
      const headers = { 'transfer-encoding': 'chunked' };
      const { status } = await call(origin, '/', { method: 'POST', body, chunkBytes, headers });
      expect(status).toBe(200);
      for (const { received } of Object.values(backends)) {
        expect(received.map(({ bytes, sha256 }) => [bytes, sha256])).toEqual([
          [body.length, sha256(body)],
        ]);
      }
    });

    describe.each([
      ['a byte above maxBodyBytes', MIB + 1],
      ['5 MiB', 5 * MIB],
    ])('%s', (_, size) => {
      const body = randomBytes(size);

      it.each([['with its length'], ['chunked']])('is sent once: %s', async (how) => {
        const { origin, counts, backends } = await serve(host, {
          backends: { ptu: answers(429, 'as it is', { 'retry-after': '3' }), payg: answers(200) },
        });
        const { status, text, headers } = await call(origin, '/', {
          method: 'POST',
          body,
          ...(how === 'chunked' && { chunkBytes: 100_000 }),
        });
        expect([status, text, headers['retry-after']]).toEqual([429, 'as it is', '3']);
        expect(counts()).toEqual({ ptu: 1, payg: 0 });
        expect(backends.ptu.received[0]?.sha256).toBe(sha256(body));
      });

      it('is served whole by a backend with room', async () => {
        const { origin, backends } = await serve(host, { backends: { only: answers(200) } });
        expect((await call(origin, '/', { method: 'PUT', body })).status).toBe(200);
        expect(backends.only.received[0]?.sha256).toBe(sha256(body));
      });

      it('goes elsewhere when the first backend cannot be connected to', async () => {
        const { origin, backends } = await serve(host, {
          backends: { gone: answers(200), there: answers(200) },
        });
        await backends.gone.close();
        expect((await call(origin, '/', { method: 'POST', body })).status).toBe(200);
        expect(backends.there.received[0]?.sha256).toBe(sha256(body));
      });
    });

    it('keeps no more than retry.maxBodyBytes', async () => {
      const { origin, counts } = await serve(host, {
        backends: { ptu: refuses(), payg: answers(200) },
        pool: { retry: { maxBodyBytes: 10 } },
      });
      const send = (body: string, options = {}) =>
        call(origin, '/', { method: 'POST', body, ...options });
      expect((await send('0123456789')).status).toBe(200);
      expect((await send('0123456789', { chunkBytes: 3 })).status).toBe(200);
      expect((await send('0123456789x')).status).toBe(429);
      expect((await send('0123456789x', { chunkBytes: 3 })).status).toBe(429);
      expect(counts()).toEqual({ ptu: 4, payg: 2 });
    });

    it('reach the backend while the caller still sends them', async () => {
      const { origin, backends } = await serve(host, { backends: { only: answers(200) } });
      const { request, response } = open(origin, '/', { method: 'POST' });
      request.write('first');
      const received = await backends.only.request();
      await until(() => expect(received.bytes).toBe(5));
      request.write('second');
      await until(() => expect(received.bytes).toBe(11));
      request.end('third');
      expect((await read(await response)).status).toBe(200);
      expect(String(await received.body)).toBe('firstsecondthird');
    });

    it('are sent with GET, too', async () => {
      const { origin, backends } = await serve(host, {
        backends: { a: refuses(), b: answers(200) },
      });
      await call(origin, '/', { body: 'query', headers: { 'content-length': 5 } });
      const { received } = backends.b;
      expect(String(await received[0]?.body)).toBe('query');
    });

    it('are gathered although earlier middleware has paused the request', async () => {
      const { origin, backends } = await serve(host, {
        backends: { only: answers(200) },
        app({ app, spillway, pool }) {
          app.before((request) => void request.pause());
          app.mount('/', spillway.proxy(pool));
        },
      });
      const { status } = await call(origin, '/', { method: 'POST', body: 'small' });
      expect(status).toBe(200);
      expect(String(await backends.only.received[0]?.body)).toBe('small');
    });

    it('are whole after middleware that took its time', async () => {
      const body = randomBytes(200_000);
      const { origin, backends } = await serve(host, {
        backends: { a: refuses(), b: answers(200) },
        app({ app, spillway, pool }) {
          app.before(() => new Promise((resolve) => setTimeout(resolve, 20)));
          app.mount('/', spillway.proxy(pool));
        },
      });
      expect((await call(origin, '/', { method: 'POST', body })).status).toBe(200);
      expect(backends.b.received[0]?.sha256).toBe(sha256(body));
    });

    it('are asked for with 100 Continue when the caller waits for it', async () => {
      const { origin, backends } = await serve(host, {
        backends: { a: refuses(), b: answers(200) },
      });
      const headers = { expect: '100-continue', 'content-length': 5 };
      const { request, response } = open(origin, '/', { method: 'POST', headers });
      request.on('continue', () => request.end('hello'));
      request.flushHeaders();
      expect((await response).statusCode).toBe(200);
      expect(backends.b.received[0]?.headers).not.toHaveProperty('expect');
      expect(String(await backends.b.received[0]?.body)).toBe('hello');
    });
  });
}
