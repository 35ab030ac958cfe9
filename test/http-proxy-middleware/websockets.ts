import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { call } from '../support/caller.ts';
import { until } from '../support/until.ts';
import {
  ask,
  closed,
  connectTo,
  handshake,
  open,
  switchesProtocols,
} from '../support/websockets.ts';
import { proxied, type Setup } from './setup.ts';

export function describeWebSockets(setup: Setup): void {
  describe('WebSockets', () => {
    it('are forwarded by upgrade, without a request before', async () => {
      const { origin, server, proxy, backend } = await proxied(setup);
      const { requests } = switchesProtocols(backend);
      server.on('upgrade', proxy.upgrade);
      expect(String(await ask(await open(origin, '/chat?x'), 'hello'))).toBe('hello');
      expect(requests.map(({ url }) => url)).toEqual(['/chat?x']);
    });

    it('are forwarded with ws after the first request, once', async () => {
      const { origin, server, proxy, backend } = await proxied(setup, { ws: true });
      const { requests } = switchesProtocols(backend);
      await call(origin, '/');
      server.on('upgrade', proxy.upgrade);
      expect(String(await ask(await open(origin), 'hello'))).toBe('hello');
      expect(requests).toHaveLength(1);
    });

    it('are rewritten and changed as requests are', async () => {
      const { origin, server, proxy, backend } = await proxied(
        setup,
        {
          changeOrigin: true,
          xfwd: true,
          headers: { 'x-added': 'yes' },
          pathRewrite: { '^/chat': '/rooms' },
          on: { proxyReqWs: (proxyReq) => void proxyReq.setHeader('x-from-on', 'yes') },
        },
        { base: '/base' },
      );
      const { requests } = switchesProtocols(backend);
      server.on('upgrade', proxy.upgrade);
      await open(origin, '/chat/1');
      expect(requests[0]?.url).toBe('/base/rooms/1');
      expect(requests[0]?.headers).toMatchObject({
        host: new URL(backend.url).host,
        'x-added': 'yes',
        'x-from-on': 'yes',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'ws',
      });
    });

    it('that the filter does not name are left to others', async () => {
      const { origin, server, proxy, backend } = await proxied(setup, { pathFilter: '/chat' });
      switchesProtocols(backend);
      server.on('upgrade', proxy.upgrade);
      const others: (string | undefined)[] = [];
      server.on('upgrade', (request, socket) => {
        others.push(request.url);
        if (!request.url?.startsWith('/chat')) socket.destroy();
      });
      await expect(open(origin, '/other')).rejects.toThrow();
      expect(String(await ask(await open(origin, '/chat'), 'hello'))).toBe('hello');
      expect(others).toEqual(['/other', '/chat']);
    });

    it('are told of by on.open and on.close', async () => {
      const told: string[] = [];
      const { origin, server, proxy, backend } = await proxied(setup, {
        on: {
          open: (socket) => void told.push(`open ${socket.remotePort}`),
          close: (response) => void told.push(`close ${response.statusCode}`),
        },
      });
      const { clients } = switchesProtocols(backend);
      server.on('upgrade', proxy.upgrade);
      const socket = await open(origin);
      const { port } = new URL(backend.url);
      expect(told).toEqual([`open ${port}`]);
      const end = closed(socket);
      for (const client of clients) client.close(1000);
      expect(await end).toBe(1000);
      await until(() => expect(told).toEqual([`open ${port}`, 'close 101']));
    });

    it('end at the backend when their caller has left', async () => {
      const { origin, server, proxy, backend } = await proxied(setup);
      const { clients } = switchesProtocols(backend);
      server.on('upgrade', proxy.upgrade);
      const socket = await open(origin);
      socket.terminate();
      await until(() => expect(clients.size).toBe(0));
    });

    it('that are not answered end after upgradeTimeout', async () => {
      const errors: (string | undefined)[] = [];
      const { server, proxy, backend } = await proxied(setup, {
        upgradeTimeout: 40,
        on: {
          error(error, _request, socket) {
            errors.push((error as Error & { code?: string }).code);
            (socket as Socket).destroy();
          },
        },
      });
      backend.server.on('upgrade', (_request, socket) => {
        socket.on('end', () => socket.end()).resume();
      });
      server.on('upgrade', proxy.upgrade);
      const socket = await connectTo(server);
      socket.write(handshake());
      await once(socket.resume(), 'close');
      const code = setup.way === 'alone' ? 'ERR_UPSTREAM_UPGRADE_TIMEOUT' : 'gateway_timeout';
      expect(errors).toContain(code);
    });

    it('that cannot be had are answered, where nobody else does', async () => {
      const { server, proxy, backend } = await proxied(setup);
      await backend.close();
      server.on('upgrade', proxy.upgrade);
      const socket = await connectTo(server);
      socket.write(handshake());
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      // The library alone cuts the connection.
      if (setup.way === 'alone') expect(text).toBe('');
      else expect(text).toMatch(/^HTTP\/1\.1 502 .*"code":"bad_gateway"/s);
    });
  });
}
