import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { Agent, createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Options } from 'http-proxy-middleware';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { call } from '../support/caller.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { proxied, type Setup } from './setup.ts';

/** Where a target can be. Unix sockets are not among the library's documented ones, nor a pool's. */
export function describeTargets(setup: Setup): void {
  async function listening(server: Server, host: string): Promise<number> {
    server.listen(0, host);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  const greets: RequestListener = (request, response) => {
    response.end(`${request.method} ${request.url} at ${request.headers.host}`);
  };

  describe('https', () => {
    let certificate: Certificate;

    beforeAll(() => {
      certificate = makeCertificate();
    });

    const secure = async (options: Options, asks: ServerOptions = {}) => {
      const server = createSecureServer({ ...certificate, ...asks }, greets);
      const port = await listening(server, '127.0.0.1');
      const target = `https://localhost:${port}/base`;
      const { origin } = await proxied(setup, { changeOrigin: true, ...options }, { target });
      return { port, ...(await call(origin, '/x')) };
    };

    it('is not spoken with whom nobody has vouched for', async () => {
      const { status } = await secure({});
      expect(status).toBe(setup.way === 'alone' ? 500 : 502);
    });

    it('is with secure: false', async () => {
      const { text, port } = await secure({ secure: false });
      expect(text).toBe(`GET /base/x at localhost:${port}`);
    });

    it('is with an agent that trusts them', async () => {
      const agent = new Agent({ ca: certificate.cert });
      onTestFinished(() => agent.destroy());
      const { text, port } = await secure({ agent });
      expect(text).toBe(`GET /base/x at localhost:${port}`);
    });

    it('is with an agent that has the certificate that they ask for', async () => {
      const asks = { requestCert: true, ca: certificate.cert };
      const [nobody, known] = [
        new Agent({ ca: certificate.cert }),
        new Agent({ ca: certificate.cert, ...certificate }),
      ];
      onTestFinished(() => {
        nobody.destroy();
        known.destroy();
      });
      const { status } = await secure({ agent: nobody }, asks);
      expect(status).toBe(setup.way === 'alone' ? 500 : 502);
      const { text, port } = await secure({ agent: known }, asks);
      expect(text).toBe(`GET /base/x at localhost:${port}`);
    });
  });

  describe('IPv6', () => {
    it.each(['[::1]', '[::]'])('reaches the target at %s', async (host) => {
      const port = await listening(createServer(greets), '::1');
      const { origin } = await proxied(setup, {}, { target: `http://${host}:${port}/base` });
      const { text } = await call(origin, '/x', { headers: { host: 'api.example' } });
      expect(text).toBe('GET /base/x at api.example');
    });

    it('is named in Host with changeOrigin', async () => {
      const port = await listening(createServer(greets), '::1');
      const target = `http://[::1]:${port}`;
      const { origin } = await proxied(setup, { changeOrigin: true }, { target });
      expect((await call(origin, '/x')).text).toBe(`GET /x at [::1]:${port}`);
    });

    if (setup.way === 'alone') return;

    it('that redirects is an error of the backend', async () => {
      // The library cannot follow there; alone it would end the process.
      const leads: RequestListener = (_request, response) =>
        void response.writeHead(302, { location: '/there' }).end();
      const port = await listening(createServer(leads), '::1');
      const target = `http://[::1]:${port}`;
      const { origin } = await proxied(setup, { followRedirects: true }, { target });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([502, '{"code":"bad_gateway"}']);
    });
  });
}
