import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Options } from 'http-proxy-middleware';
import { describe, expect, it } from 'vitest';
import { type Answer, hangs } from '../support/backend.ts';
import { call, open } from '../support/caller.ts';
import { until } from '../support/until.ts';
import { proxied, type Setup } from './setup.ts';

const breaksOff: Answer = (request) => void request.socket.destroy();

/** `on`, but for what is told of WebSockets. */
export function describeEvents(setup: Setup): void {
  const isAlone = setup.way === 'alone';

  describe('on', () => {
    it('tells of a request from its start to its end', async () => {
      const told: string[] = [];
      const { origin, backend } = await proxied(setup, {
        on: {
          start: (req) => void told.push(`start ${req.url}`),
          proxyReq: (proxyReq, req) => void told.push(`proxyReq ${proxyReq.path} for ${req.url}`),
          proxyRes: (proxyRes) => void told.push(`proxyRes ${proxyRes.statusCode}`),
          end: (_req, _res, proxyRes) => void told.push(`end ${proxyRes.statusCode}`),
          error: () => void told.push('error'),
        },
      });
      await call(origin, '/x');
      await until(() =>
        expect(told).toEqual(['start /x', 'proxyReq /x for /x', 'proxyRes 200', 'end 200']),
      );
      expect(backend.received).toHaveLength(1);
    });

    it('proxyReq changes the request, proxyRes the answer', async () => {
      const { origin, backend } = await proxied(setup, {
        on: {
          proxyReq(proxyReq) {
            proxyReq.setHeader('x-added', 'yes');
            proxyReq.removeHeader('x-removed');
          },
          proxyRes(proxyRes) {
            proxyRes.headers['x-added'] = 'yes';
            delete proxyRes.headers.date;
          },
        },
      });
      const { headers } = await call(origin, '/', { headers: { 'x-removed': 'yes' } });
      expect(headers['x-added']).toBe('yes');
      expect(backend.received[0]?.headers).toMatchObject({ 'x-added': 'yes' });
      expect(backend.received[0]?.headers).not.toHaveProperty('x-removed');
    });

    it('error answers in place of the application', async () => {
      const targets: unknown[] = [];
      const { origin, backend } = await proxied(
        setup,
        {
          on: {
            error(error, _req, res, target) {
              targets.push(String((target as URL).href));
              (res as ServerResponse)
                .writeHead(418)
                .end(`own: ${(error as Error & { code: string }).code}`);
            },
          },
        },
        { answer: breaksOff },
      );
      const { status, text } = await call(origin, '/');
      // The pool's errors are problems, whatever it was that went wrong at the last attempt.
      expect([status, text]).toEqual([418, isAlone ? 'own: ECONNRESET' : 'own: bad_gateway']);
      expect(targets).toEqual([`${backend.url}/`]);
    });

    it('errors without it are for the application, with status and code', async () => {
      const { origin, backend } = await proxied(setup, {}, { answer: breaksOff });
      const { status, text } = await call(origin, '/');
      // The library alone answers in plain text, and says 504 of a connection that broke.
      const expected = isAlone
        ? [504, expect.stringContaining('Error occurred while trying to proxy')]
        : [502, '{"code":"bad_gateway"}'];
      expect([status, text]).toEqual(expected);
      await backend.close();
      const refused = await call(origin, '/');
      expect(refused.status).toBe(isAlone ? 504 : 502);
    });

    it('econnreset is told when the caller has left', async () => {
      const told: string[] = [];
      const { origin, backend } = await proxied(
        setup,
        {
          on: {
            econnreset: (error, req) =>
              void told.push(`${(error as Error & { code: string }).code} ${req.url}`),
          },
        },
        { answer: hangs },
      );
      const { request, leave } = open(origin, '/left', { method: 'POST' });
      request.flushHeaders();
      request.write('begun');
      const received = await backend.request();
      leave();
      expect(await received.closed).toBe('aborted');
      await until(() => expect(told).toContain('ECONNRESET /left'));
    });
  });

  describe('deadlines', () => {
    it('proxyTimeout ends the attempt', async () => {
      const errors: unknown[] = [];
      const options: Options = { proxyTimeout: 40 };
      const { origin, backend } = await proxied(setup, options, { answer: hangs });
      const { status, text } = await call(origin, '/');
      errors.push(status, isAlone ? undefined : text);
      // The library alone says that in plain text, too.
      expect(errors).toEqual([504, isAlone ? undefined : '{"code":"gateway_timeout"}']);
      expect(await (await backend.request()).closed).toBe('aborted');
    });

    it('timeout ends the connection of the caller', async () => {
      const { origin, backend } = await proxied(setup, { timeout: 40 }, { answer: hangs });
      const { request, response } = open(origin, '/');
      request.end();
      await expect(response).rejects.toThrow('socket hang up');
      expect(await (await backend.request()).closed).toBe('aborted');
    });
  });

  describe('a caller', () => {
    it('that leaves in the middle of the answer ends the attempt', async () => {
      const ended: IncomingMessage[] = [];
      const { origin, backend } = await proxied(
        setup,
        { on: { end: (_req, _res, proxyRes) => void ended.push(proxyRes) } },
        { answer: (_request, response) => void response.write('begun') },
      );
      const { request, response, leave } = open(origin, '/');
      request.end();
      await once(await response, 'data');
      leave();
      expect(await (await backend.request()).closed).toBe('aborted');
      expect(ended).toEqual([]);
    });
  });
}
