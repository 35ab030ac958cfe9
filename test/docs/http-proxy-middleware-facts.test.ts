import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createSpillway } from '@spillway/express';
import * as exported from '@spillway/http-proxy-middleware';
import {
  type Answer,
  answers,
  hangs,
  refuses,
  startBackend,
  type TestBackend,
} from '@spillway/test/support/backend.ts';
import { call } from '@spillway/test/support/caller.ts';
import { until } from '@spillway/test/support/until.ts';
import { ask, open, switchesProtocols } from '@spillway/test/support/websockets.ts';
import express from 'express';
import { type Options, responseInterceptor } from 'http-proxy-middleware';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp as createAnswering } from './http-proxy-middleware-errors-example.ts';
import { createApp as createKoaApp } from './http-proxy-middleware-koa-example.ts';
import { codeOf, read, rowsOf, sectionOf } from './markdown.ts';

const page = read('packages/http-proxy-middleware/README.md');
const { createPoolProxyMiddleware } = exported;

/** Every option of http-proxy-middleware, and how the page deals with it. */
const OPTIONS: Record<keyof Options, 'row' | 'unchanged'> = {
  agent: 'row',
  auth: 'row',
  autoRewrite: 'unchanged',
  buffer: 'row',
  changeOrigin: 'unchanged',
  cookieDomainRewrite: 'unchanged',
  cookiePathRewrite: 'unchanged',
  ejectPlugins: 'row',
  followRedirects: 'row',
  forward: 'row',
  headers: 'row',
  hostRewrite: 'unchanged',
  http2: 'unchanged',
  ignorePath: 'unchanged',
  localAddress: 'unchanged',
  logger: 'unchanged',
  on: 'row',
  pathFilter: 'unchanged',
  pathRewrite: 'unchanged',
  plugins: 'row',
  prependPath: 'unchanged',
  preserveHeaderKeyCase: 'unchanged',
  protocolRewrite: 'unchanged',
  proxyTimeout: 'row',
  router: 'row',
  secure: 'unchanged',
  selfHandleResponse: 'row',
  ssl: 'unchanged',
  target: 'row',
  timeout: 'row',
  toProxy: 'unchanged',
  upgradeTimeout: 'row',
  ws: 'row',
  xfwd: 'row',
};

it('says of every option what becomes of it', () => {
  const section = sectionOf(page, '## Options');
  const named = (how: 'row' | 'unchanged') =>
    Object.entries(OPTIONS).flatMap(([name, each]) => (each === how ? [name] : []));
  const rows = rowsOf(section, 'option').map(([name]) => codeOf(name).replace(/\..*/, ''));
  expect([...new Set(rows)].sort()).toEqual(named('row').sort());
  const [intro = ''] = section.split('\n|');
  const listed = Array.from(intro.matchAll(/`(\w+)`/g), ([, name]) => name);
  expect(listed.sort()).toEqual(named('unchanged').sort());
});

it('tables what there is to import', () => {
  const rows = rowsOf(sectionOf(page, '## One line'), 'export');
  const names = rows.map(([name]) => codeOf(name).replace(/\(.*/, ''));
  expect(names.sort()).toEqual(Object.keys(exported).sort());
});

async function listen(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => new Promise<void>((closed) => void server.close(() => closed())));
  await until(() => expect(server.listening).toBe(true));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, server };
}

/** An application with a pool of these backends, the first of them preferred. */
async function proxyTo(options: Options, ...answersOf: Answer[]) {
  const backends = await Promise.all(answersOf.map((answer) => startBackend(answer)));
  const spillway = createSpillway();
  onTestFinished(() => spillway.shutdown({ timeoutMs: 0 }));
  const pool = spillway.pool('api', {
    backends: backends.map(({ url }, at) => ({
      id: String(at),
      url,
      priority: at,
      headers: at === 0 ? { authorization: 'of the first', 'x-own': 'its own' } : {},
    })),
  });
  const app = express();
  app.set('env', 'test');
  const proxy = createPoolProxyMiddleware(pool, options);
  app.use(proxy);
  const { origin, server } = await listen(app);
  server.on('upgrade', proxy.upgrade);
  return { origin, backends, pool };
}

describe('what the page says of options', () => {
  it('on: called for every attempt, or for the answer that is taken', async () => {
    const called: string[] = [];
    const note = (name: string) => () => void called.push(name);
    const on = Object.fromEntries(
      ['start', 'proxyReq', 'proxyRes', 'end', 'error'].map((name) => [name, note(name)]),
    );
    const { origin } = await proxyTo({ on }, refuses(), answers(200, 'served'));
    expect((await call(origin, '/')).text).toBe('served');
    expect(called).toEqual(['start', 'proxyReq', 'start', 'proxyReq', 'proxyRes', 'end']);
  });

  it('selfHandleResponse: intercepts the answer that is taken', async () => {
    const seen: string[] = [];
    const proxyRes = responseInterceptor(async (body) => {
      seen.push(String(body));
      return `${body} and changed`;
    });
    const options = { selfHandleResponse: true, on: { proxyRes } };
    const { origin } = await proxyTo(options, refuses(), answers(200, 'served'));
    expect((await call(origin, '/')).text).toBe('served and changed');
    expect(seen).toEqual(['served']);
  });

  it("auth and headers: a backend's own stand in their place", async () => {
    const options = { auth: 'user:password', headers: { 'x-own': 'for all' } };
    const { origin, backends } = await proxyTo(options, refuses(), answers(200, 'served'));
    await call(origin, '/');
    const [first, second] = backends.map(({ received }) => received[0]?.headers);
    expect(first).toMatchObject({ authorization: 'of the first', 'x-own': 'its own' });
    expect(second).toMatchObject({
      authorization: `Basic ${Buffer.from('user:password').toString('base64')}`,
      'x-own': 'for all',
    });
  });

  it('target and router: no effect, and past the pool', async () => {
    const other = await startBackend(answers(200, 'routed'));
    const options: Options = {
      target: 'http://127.0.0.1:9',
      router: (request) => (request.url === '/other' ? other.url : ''),
    };
    const { origin } = await proxyTo(options, answers(200, 'pooled'));
    expect((await call(origin, '/other')).text).toBe('routed');
    expect((await call(origin, '/any')).text).toBe('pooled');
  });

  it('forward and proxyTimeout: once, and an attempt that is ended', async () => {
    const mirror = await startBackend(answers(200, 'nobody sees it'));
    const options = { forward: mirror.url, proxyTimeout: 50 };
    const { origin, pool } = await proxyTo(options, hangs, answers(200, 'served'));
    expect((await call(origin, '/')).text).toBe('served');
    expect(mirror.received).toHaveLength(1);
    expect(pool.status().backends[0]?.attempts.timeout).toBe(1);
  });

  it('followRedirects: within one attempt, without the headers of the backend elsewhere', async () => {
    const elsewhere = await startBackend(answers(200, 'found elsewhere'));
    const redirects: Answer = (_request, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/new` }).end();
    };
    const { origin, backends, pool } = await proxyTo({ followRedirects: true }, redirects);
    expect((await call(origin, '/old')).text).toBe('found elsewhere');
    expect(backends[0]?.received[0]?.headers['x-own']).toBe('its own');
    expect(elsewhere.received[0]?.headers).not.toHaveProperty('x-own');
    expect(elsewhere.received[0]?.headers).not.toHaveProperty('authorization');
    expect(pool.status().backends[0]?.attempts.success).toBe(1);
  });

  it('buffer: sent once', async () => {
    const buffer = Readable.from([Buffer.from('given')]);
    const { origin, backends } = await proxyTo({ buffer }, refuses(), answers(200, 'served'));
    const { status } = await call(origin, '/', { method: 'POST', body: 'taken' });
    expect(status).toBe(429);
    expect(String(await backends[0]?.received[0]?.body)).toBe('given');
    expect(backends[1]?.received).toHaveLength(0);
  });

  it('upgradeTimeout: then the next backend is asked', async () => {
    const { origin, backends, pool } = await proxyTo({ upgradeTimeout: 50 }, hangs, hangs);
    switchesProtocols(backends[1] as TestBackend);
    expect(String(await ask(await open(origin), 'served'))).toBe('served');
    expect(pool.status().backends[0]?.attempts.timeout).toBe(1);
  });

  it("headers: 'expect' is refused", () => {
    const spillway = createSpillway();
    const pool = spillway.pool('api', { backends: [{ id: 'only', url: 'http://127.0.0.1:9' }] });
    const headers = { Expect: '100-continue' };
    expect(() => exported.poolOptions(pool, { headers })).toThrow(
      'poolOptions.headers must not have \'expect\', got "100-continue"',
    );
  });

  it('pathFilter and pathRewrite: paths that would become others are refused', async () => {
    const judging: [Options, path: string][] = [
      [{ pathFilter: '/public' }, '/public/%252e%252e/admin'],
      [{ pathRewrite: { '^/public': '' } }, '/public/%2e%2e/admin'],
    ];
    for (const [options, path] of judging) {
      const { origin, backends } = await proxyTo(options, answers(200, 'served'));
      expect((await call(origin, path)).status, path).toBe(400);
      expect((await call(origin, '/public/file')).text).toBe('served');
      expect(backends[0]?.received).toHaveLength(1);
    }
    const free = await proxyTo({}, answers(200, 'served'));
    expect((await call(free.origin, '/public/%2e%2e/admin')).text).toBe('served');
    expect(free.backends[0]?.received[0]?.url).toBe('/admin');
  });
});

it.each([
  ['Express', createAnswering],
  ['Koa', createKoaApp],
])('answers errors in %s as the page shows', async (_framework, createApp) => {
  const backend = await startBackend(answers(200, 'served'));
  const { app, spillway } = createApp(backend.url);
  const { origin } = await listen('callback' in app ? app.callback() : app);
  expect((await call(origin, '/api/items')).text).toBe('served');
  await backend.close();
  const broken = await call(origin, '/api/items');
  expect([broken.status, broken.json()]).toMatchObject([502, { code: 'bad_gateway' }]);
  await spillway.shutdown();
  const refused = await call(origin, '/api/items');
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
  expect(refused.json()).toMatchObject({ code: 'shutting_down' });
});
