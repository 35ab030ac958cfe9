import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import type { Options } from 'http-proxy-middleware';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers, sha256, startBackend } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { until } from '../support/until.ts';
import { proxied, type Setup } from './setup.ts';

/** What a backend is sent. */
export function describeRequestsOfLibrary(setup: Setup): void {
  const asked = async (options: Options, headers: Record<string, string> = {}) => {
    const { origin, backend } = await proxied(setup, options);
    await call(origin, '/', { headers: { host: 'api.example:8443', ...headers } });
    return { ...backend.received[0], host: new URL(backend.url).host };
  };

  describe('request headers', () => {
    it('keep the Host of the caller', async () => {
      expect((await asked({})).headers?.host).toBe('api.example:8443');
    });

    it('have the Host of the target with changeOrigin', async () => {
      const { headers, host } = await asked({ changeOrigin: true });
      expect(headers?.host).toBe(host);
    });

    it('say who asks with xfwd, and only then', async () => {
      expect((await asked({ xfwd: true })).headers).toMatchObject({
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '8443',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'api.example:8443',
      });
      expect((await asked({})).headers).not.toHaveProperty('x-forwarded-for');
    });

    it('keep what a proxy before has said, with xfwd', async () => {
      const before = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'outside.example' };
      expect((await asked({ xfwd: true }, before)).headers).toMatchObject(before);
    });

    it('are added to, or replaced, by headers', async () => {
      const headers = { 'x-added': 'yes', 'x-replaced': 'ours', host: 'virtual.example' };
      const received = await asked({ headers }, { 'x-replaced': 'theirs', 'x-kept': 'yes' });
      expect(received.headers).toMatchObject({ ...headers, 'x-kept': 'yes' });
    });

    it('have the credentials of auth', async () => {
      const authorization = `Basic ${Buffer.from('user:password').toString('base64')}`;
      expect((await asked({ auth: 'user:password' })).headers).toMatchObject({ authorization });
    });

    it('of the application cannot be taken away by Connection, unlike those of the caller', async () => {
      const connection = 'close, x-added, x-forwarded-for, authorization, x-theirs';
      const options = { xfwd: true, auth: 'user:password', headers: { 'x-added': 'yes' } };
      const { headers } = await asked(options, { connection, 'x-theirs': 'theirs' });
      // The library alone leaves that to the backend, which would drop what this hop says.
      const isLeft = setup.way === 'alone';
      expect(headers?.['x-theirs']).toBe(isLeft ? 'theirs' : undefined);
      expect(headers?.connection).toBe(isLeft ? connection : 'keep-alive');
      expect(headers).toMatchObject({ 'x-added': 'yes', 'x-forwarded-for': '127.0.0.1' });
      expect(headers?.authorization).toMatch(/^Basic /);
    });

    it('of the connection stay here', async () => {
      const hop = {
        te: 'trailers',
        'proxy-authorization': 'Basic eA==',
        'keep-alive': 'timeout=5',
      };
      const { headers } = await asked({}, { connection: 'close', ...hop });
      // RFC 9110 §7.6.1 asks for it; the library alone forwards them.
      expect(headers).toMatchObject(setup.way === 'alone' ? hop : {});
      const kept = Object.keys(hop).filter((name) => headers?.[name] !== undefined);
      expect(kept).toEqual(setup.way === 'alone' ? Object.keys(hop) : []);
    });
  });

  describe('requests', () => {
    it('have the method that is given', async () => {
      const { origin, backend } = await proxied(setup, { method: 'PUT' } as Options);
      await call(origin, '/', { method: 'POST', body: 'x' });
      expect(backend.received[0]?.method).toBe('PUT');
      expect(String(await backend.received[0]?.body)).toBe('x');
    });

    it('have the body that is given by buffer', async () => {
      const buffer = Readable.from([Buffer.from('in place of it')]);
      const { origin, backend } = await proxied(setup, {
        buffer,
        headers: { 'content-length': '14' },
      });
      await call(origin, '/', { method: 'POST' });
      expect(String(await backend.received[0]?.body)).toBe('in place of it');
    });

    it('go by the agent that is given', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      const { origin, backend } = await proxied(setup, { agent });
      const headers = { connection: 'keep-alive' };
      for (let time = 0; time < 3; time++) {
        expect((await call(origin, '/', { headers })).status).toBe(200);
      }
      expect(backend.sockets.size).toBe(1);
      await until(() => expect(Object.values(agent.freeSockets).flat()).toHaveLength(1));
    });

    it('are mirrored to forward, and answered by the target', async () => {
      const mirror = await startBackend(answers(500, 'not seen'));
      const { origin, backend } = await proxied(setup, { forward: mirror.url });
      // The library alone loses the first chunks of a body that does not come with its head.
      const body = Buffer.alloc(setup.way === 'alone' ? 0 : 200_000, 'b');
      const { status, text } = await call(origin, '/x', { method: 'POST', body });
      expect([status, text]).toEqual([200, 'ok']);
      for (const { received } of [backend, mirror]) {
        await until(() => expect(received.map((each) => each.sha256)).toEqual([sha256(body)]));
        expect(received[0]?.url).toBe('/x');
      }
    });
  });
}
