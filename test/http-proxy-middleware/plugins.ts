import type { ServerResponse } from 'node:http';
import {
  debugProxyErrorsPlugin,
  definePlugin,
  errorResponsePlugin,
  loggerPlugin,
  proxyEventsPlugin,
} from 'http-proxy-middleware';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { until } from '../support/until.ts';
import { proxied, type Setup } from './setup.ts';

const breaksOff: Answer = (request) => void request.socket.destroy();

export function describePlugins(setup: Setup): void {
  describe('plugins', () => {
    it('are given the server and the options, and may listen', async () => {
      const told: unknown[] = [];
      const plugin = definePlugin((server, options) => {
        told.push(options.xfwd);
        server.on('proxyReq', (proxyReq) => void proxyReq.setHeader('x-plugin', 'yes'));
        server.on('proxyRes', (proxyRes) => void told.push(proxyRes.statusCode));
      });
      const { origin, backend } = await proxied(setup, { xfwd: true, plugins: [plugin] });
      expect((await call(origin, '/')).status).toBe(200);
      expect(told).toEqual([true, 200]);
      expect(backend.received[0]?.headers['x-plugin']).toBe('yes');
    });

    it('may answer errors', async () => {
      const plugin = definePlugin((server) => {
        server.on('error', (_error, _req, res) => {
          if (!(res as ServerResponse).headersSent) (res as ServerResponse).writeHead(418).end();
        });
      });
      const options = { ejectPlugins: true, plugins: [plugin] };
      const { origin } = await proxied(setup, options, { answer: breaksOff });
      expect((await call(origin, '/')).status).toBe(418);
    });

    it('may stand in place of those that are ejected', async () => {
      const told: string[] = [];
      const { origin } = await proxied(
        setup,
        {
          ejectPlugins: true,
          plugins: [debugProxyErrorsPlugin, loggerPlugin, errorResponsePlugin, proxyEventsPlugin],
          on: { proxyReq: () => void told.push('proxyReq') },
        },
        { answer: breaksOff },
      );
      const { status, text } = await call(origin, '/');
      // It answers what it knows no code of with 500.
      expect(status).toBe(setup.way === 'alone' ? 504 : 500);
      expect(text).toContain('Error occurred while trying to proxy');
      expect(told).toEqual(['proxyReq']);
    });

    it('are not missed when they are ejected', async () => {
      const told: string[] = [];
      const options = { ejectPlugins: true, on: { proxyReq: () => void told.push('proxyReq') } };
      const { origin } = await proxied(setup, options);
      expect((await call(origin, '/')).status).toBe(200);
      // `on` is one of them.
      expect(told).toEqual([]);
    });
  });

  describe('logger', () => {
    it('is told of requests, and where they went', async () => {
      const lines: string[] = [];
      const log = (line: string) => void lines.push(line);
      const logger = { info: log, warn: log, error: log };
      const { origin, backend } = await proxied(setup, { logger }, { base: '/base' });
      await call(origin, '/x?y');
      const { port } = new URL(backend.url);
      await until(() =>
        expect(lines).toEqual([`[HPM] GET /x?y -> http://127.0.0.1:${port}/base/x?y [200]`]),
      );
    });

    it('is told of errors', async () => {
      const lines: unknown[][] = [];
      const log = (...line: unknown[]) => void lines.push(line);
      const logger = { info: log, warn: log, error: log };
      const { origin, backend } = await proxied(setup, { logger }, { answer: breaksOff });
      await call(origin, '/x', { headers: { host: 'api.example' } });
      expect(lines).toHaveLength(1);
      const code = setup.way === 'alone' ? 'ECONNRESET' : 'bad_gateway';
      expect(lines[0]).toEqual(expect.arrayContaining(['api.example/x', `${backend.url}/`, code]));
    });
  });
}
