import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PoolOptions } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';
import { describe, expect, it } from 'vitest';
import type { HostApp, HostSpillwayOptions } from '../support/adapter-host.ts';
import { answers, refuses, startBackend } from '../support/backend.ts';
import { call, nextChunk, open, read } from '../support/caller.ts';
import { serveApp } from '../support/serve-app.ts';
import { until, within } from '../support/until.ts';
import { hosts } from './routes/hosts.ts';

type Handler = (q: IncomingMessage, s: ServerResponse, next: (e?: unknown) => void) => unknown;
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));

describe.each(hosts)('%s', (_name, host) => {
  const withPool = async (
    options: PoolOptions,
    before: (app: HostApp) => void = () => {},
    spillwayOptions: HostSpillwayOptions = {},
  ) => {
    let pool: HttpPool | undefined;
    const served = await serveApp(
      host,
      (app, spillway) => {
        pool = spillway.pool('p', options);
        before(app);
        app.mount('/', spillway.proxy(pool));
      },
      spillwayOptions,
    );
    return { ...served, pool: pool as HttpPool };
  };

  it('a handler that has waited in the queue runs in the context of its own request', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const ends: (() => void)[] = [];
    const handler: Handler = (request, response) => {
      seen.push(`${request.url} ${storage.getStore()}`);
      ends.push(() => response.end('x'));
    };
    const { origin } = await withPool(
      { backends: [{ id: 'v1', handler, maxCount: 1 }], queue: { maxQueueLength: 5 } },
      (app) => app.store(storage, (request) => String(request.url)),
    );
    const first = call(origin, '/first');
    await until(() => expect(seen).toHaveLength(1));
    const second = call(origin, '/second');
    await sleep(30);
    ends[0]?.();
    await until(() => expect(seen).toHaveLength(2));
    ends[1]?.();
    await first;
    await second;
    expect(seen).toEqual(['/first /first', '/second /second']);
  });

  it('a handler that serves after a backend behind HTTP refused runs in the context of its own request', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const remote = await startBackend(answers(200));
    const { origin } = await withPool(
      {
        backends: [
          { id: 'there', url: remote.url },
          {
            id: 'here',
            priority: 2,
            handler: ((q, s) => {
              seen.push(`${q.url} ${storage.getStore()}`);
              s.end('here');
            }) as Handler,
          },
        ],
      },
      (app) => app.store(storage, (request) => String(request.url)),
    );
    await call(origin, '/first');
    remote.answer = refuses();
    await call(origin, '/second');
    await call(origin, '/third');
    expect(seen).toEqual(['/second /second', '/third /third']);
  });

  it.each<[string, (s: ServerResponse) => void]>([
    ['setHeader', (s) => void s.setHeader('set-cookie', 'own=1')],
    ['setHeader of a list', (s) => void s.setHeader('set-cookie', ['own=1', 'two=2'])],
    ['writeHead', (s) => void s.writeHead(200, { 'set-cookie': 'own=1' })],
  ])('the affinity cookie stands beside those of a handler: %s', async (_, set) => {
    const { origin } = await withPool({
      backends: [
        {
          id: 'v1',
          handler: ((_q, s) => {
            set(s);
            s.end('x');
          }) as Handler,
        },
      ],
      affinity: { cookie: 'version' },
    });
    const { headers } = await call(origin, '/');
    expect(headers['set-cookie']).toContain('own=1');
    expect(headers['set-cookie']?.some((one) => one.startsWith('version='))).toBe(true);
  });

  it('removal without drain cuts what a handler still has', async () => {
    const { origin, pool } = await withPool({
      backends: [
        { id: 'v1', handler: ((_q, s) => void s.write('begun')) as Handler },
        { id: 'v2', handler: ((_q, s) => void s.end('two')) as Handler, weight: 0 },
      ],
    });
    const { request, response } = open(origin, '/');
    request.end();
    const answer = await response;
    await nextChunk(answer);
    pool.setTraffic({ v2: 1 });
    await pool.remove('v1');
    await expect(within(1_000, read(answer))).rejects.toThrow('aborted');
  });

  it('removal with drain cuts what a handler still has when the time is over', async () => {
    const { origin, pool } = await withPool({
      backends: [
        { id: 'v1', handler: (() => {}) as Handler },
        { id: 'v2', handler: ((_q, s) => void s.end('two')) as Handler, weight: 0 },
      ],
    });
    const answer = call(origin, '/').then(
      (called) => String(called.status),
      (error) => `error ${error.message}`,
    );
    await until(() => expect(pool.status().running).toBe(1));
    pool.setTraffic({ v2: 1 });
    await pool.remove('v1', { drain: true, timeoutMs: 30 });
    expect(await within(1_000, answer)).toMatch(/50|error/);
  });

  it('async throw after the head ends the answer', async () => {
    const { origin, pool } = await withPool({
      backends: [
        {
          id: 'v1',
          handler: (async (_q, s) => {
            s.write('begun');
            await sleep(5);
            throw new Error('late');
          }) as Handler,
        },
      ],
    });
    const { request, response } = open(origin, '/');
    request.end();
    const answer = await response;
    await expect(within(1_000, read(answer))).rejects.toThrow('aborted');
    await until(() => expect(pool.status().running).toBe(0));
  });

  it('pool.fetch that is aborted closes the response of the handler', async () => {
    let closed = false;
    let began = false;
    const { pool } = await withPool({
      backends: [
        {
          id: 'v1',
          handler: ((_q, s) => {
            began = true;
            s.write('x');
            s.on('close', () => {
              closed = true;
            });
          }) as Handler,
        },
      ],
    });
    const abort = new AbortController();
    const fetching = pool.fetch('/', { signal: abort.signal });
    await fetching;
    await until(() => expect(began).toBe(true));
    abort.abort();
    await until(() => expect(closed).toBe(true), 1_000);
    expect(pool.status().running).toBe(0);
  });

  it('a handler in pool.fetch may set a timeout on its response and its socket', async () => {
    const { origin, pool } = await withPool({
      backends: [
        {
          id: 'v1',
          handler: ((q, s) => {
            s.setTimeout(5_000);
            q.setTimeout(0);
            q.socket.setNoDelay(true);
            q.socket.setKeepAlive(true);
            s.end('x');
          }) as Handler,
        },
      ],
    });
    expect((await call(origin, '/')).status).toBe(200);
    expect((await pool.fetch('/')).status).toBe(200);
  });
});
