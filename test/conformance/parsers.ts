import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, refuses, sha256 } from '../support/backend.ts';
import { type CallOptions, call } from '../support/caller.ts';
import { serve } from '../support/serve.ts';

const json = '{"n":12345678901234567890,  "text":"ä€😀", "e":1e400,"n":2}';
const jsonHeaders = { 'content-type': 'application/json' };

/** Rule 12, when a parser has read the body before the proxy sees the request. */
export function describeParsers(host: AdapterHost): void {
  const behindParser = (keepRawBody: boolean) =>
    serve(host, {
      backends: { ptu: refuses(), payg: answers(200) },
      app({ app, spillway, pool }) {
        app.parseJson({ keepRawBody });
        app.mount('/', spillway.proxy(pool));
      },
    });

  describe('behind a parser that keeps the raw body', () => {
    it.each<[string, CallOptions, string]>([
      ['JSON that cannot be written anew', { body: json, headers: jsonHeaders }, json],
      ['chunked', { body: json, chunkBytes: 9, headers: jsonHeaders }, json],
      ['of another type', { body: 'a=1', headers: { 'content-type': 'text/plain' } }, 'a=1'],
      ['large', { body: `"${'x'.repeat(3e5)}"`, headers: jsonHeaders }, `"${'x'.repeat(3e5)}"`],
      ['none', {}, ''],
      ['of length 0', { headers: { ...jsonHeaders, 'content-length': 0 } }, ''],
    ])('sends the very bytes: %s', async (_, options, expected) => {
      const { origin, backends } = await behindParser(true);
      // A top-level string is not what the strict parser takes.
      const body = String(options.body ?? '').startsWith('"') ? `[${options.body}]` : options.body;
      const bytes = expected.startsWith('"') ? `[${expected}]` : expected;
      const called = await call(origin, '/', { method: 'POST', ...options, ...(body && { body }) });
      expect(called.status).toBe(200);
      for (const { received } of Object.values(backends)) {
        expect(received.map(({ sha256: hash }) => hash)).toEqual([sha256(bytes)]);
        expect(received[0]?.headers['content-length'] ?? String(bytes.length)).toBe(
          String(Buffer.byteLength(bytes)),
        );
      }
    });

    it.each([
      ['alone', {}],
      ['among headers with a deceptive value', { accept: 'content-encoding' }],
    ])('sends what came compressed as its headers say, %s', async (_, more) => {
      const { origin, backends } = await behindParser(true);
      const headers = { ...more, ...jsonHeaders, 'content-encoding': 'gzip' };
      const body = gzipSync(json);
      expect((await call(origin, '/', { method: 'POST', body, headers })).status).toBe(200);
      const received = await backends.payg.request();
      const [bytes, coding] = host.keepsWireBytes ? [body, 'gzip'] : [json, undefined];
      expect(received.sha256).toBe(sha256(bytes));
      expect(received.headers['content-encoding']).toBe(coding);
      expect(received.headers['content-length']).toBe(String(Buffer.byteLength(bytes)));
    });
  });

  describe('behind a parser that keeps nothing', () => {
    it.each<[string, CallOptions]>([
      ['with its length', { body: json, headers: jsonHeaders }],
      ['chunked', { body: json, chunkBytes: 9, headers: jsonHeaders }],
      ['gzip', { body: gzipSync(json), headers: { ...jsonHeaders, 'content-encoding': 'gzip' } }],
    ])('answers 500 body_consumed at once and says what to do: %s', async (_, options) => {
      const { origin, counts } = await behindParser(false);
      const called = await call(origin, '/', { method: 'POST', ...options });
      expect(called.status).toBe(500);
      expect(called.json()).toMatchObject({ code: 'body_consumed', status: 500 });
      expect(called.json().detail).toContain('keepRawBody');
      expect(counts()).toEqual({ ptu: 0, payg: 0 });
    });

    it.each<[string, CallOptions]>([
      ['GET', { method: 'GET' }],
      ['of another type', { body: 'a=1', headers: { 'content-type': 'text/plain' } }],
      ['none', {}],
    ])('forwards what the parser did not read: %s', async (_, options) => {
      const { origin } = await behindParser(false);
      expect((await call(origin, '/', { method: 'POST', ...options })).status).toBe(200);
    });
  });
}
