import express from 'express';
import fc from 'fast-check';
import Koa from 'koa';
import { expect, it } from 'vitest';
import type { Answer } from '../support/backend.ts';
import { call, open } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress, hpmOnKoa } from '../support/hpm-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { serve } from '../support/serve.ts';

const ACTS = {
  serves: (response) => void response.end('served'),
  streams: (response) => {
    response.write('begun');
    setImmediate(() => response.end('done'));
  },
  refuses: (response) => void response.writeHead(429).end('refused'),
  'refuses at length': (response) => void response.writeHead(429).end(Buffer.alloc(100_000)),
  fails: (response) => void response.writeHead(500).end('failed'),
  resets: (response) => void response.socket?.resetAndDestroy(),
  'breaks off': (response) => {
    response.writeHead(200, { 'content-length': 99 });
    response.write('half', () => response.socket?.destroy());
  },
  'refuses, then breaks off': (response) => {
    response.writeHead(429, { 'content-length': 99 });
    response.write('half', () => setTimeout(() => response.socket?.destroy(), 2));
  },
  hangs: () => {},
} satisfies Record<string, (response: Parameters<Answer>[1]) => void>;

type Act = keyof typeof ACTS;

const arbitraryCaller = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD'),
  bytes: fc.constantFrom(0, 10, 70_000),
  /** What the backends do that it comes to, in turn. */
  acts: fc.array(fc.constantFrom(...(Object.keys(ACTS) as Act[])), { minLength: 1, maxLength: 3 }),
  readsBody: fc.boolean(),
  /** Leaves after so many milliseconds; 9 stands for never. */
  leavesAfterMs: fc.integer({ min: 0, max: 9 }),
});

it.each([
  ['Express', expressHost(express)],
  ['Express with http-proxy-middleware', hpmOnExpress(expressHost(express))],
  ['Koa with http-proxy-middleware', hpmOnKoa(koaHost(Koa))],
])(
  'leaves nothing running, whatever backends and callers do: %s',
  async (_, host) => {
    const byTag = new Map<string, { acts: readonly Act[]; readsBody: boolean; turn: number }>();
    const acts: Answer = async (request, response, received) => {
      const script = byTag.get(String(request.headers['x-tag']));
      if (script === undefined) return;
      const act = script.acts[script.turn++ % script.acts.length] as Act;
      if (script.readsBody) await received.body;
      if (!response.destroyed) ACTS[act](response);
    };
    const { origin, settled, pool } = await serve(host, {
      backends: { a: acts, b: acts, c: acts },
      each: { b: { priority: 1 }, a: { maxCount: 2 } },
      pool: {
        breaker: { failureCount: 4, tripDurationMs: 3 },
        queue: { maxQueueLength: 3, timeoutMs: 20 },
        timeouts: { headersMs: 15, bodyMs: 15, connectMs: 1_000 },
        retry: { maxBodyBytes: 50_000 },
      },
    });
    let nextTag = 0;
    const run = async (
      caller: typeof arbitraryCaller extends fc.Arbitrary<infer T> ? T : never,
    ) => {
      const { method, bytes, leavesAfterMs } = caller;
      const tag = String(nextTag++);
      byTag.set(tag, { ...caller, turn: 0 });
      const body = Buffer.alloc(bytes, 'b');
      const headers = { 'x-tag': tag, 'content-length': method === 'HEAD' ? 0 : bytes };
      const sent = method === 'HEAD' ? undefined : body;
      if (leavesAfterMs === 9) {
        await call(origin, '/', { method, headers, ...(sent && { body: sent }) }).catch(() => {});
      } else {
        const { request, response, leave } = open(origin, '/', { method, headers });
        request.end(sent);
        response.then(
          (answer) => answer.on('error', () => {}).resume(),
          () => {},
        );
        const timer = setTimeout(leave, leavesAfterMs);
        await new Promise((resolve) => request.on('close', resolve));
        clearTimeout(timer);
      }
      byTag.delete(tag);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryCaller, { minLength: 1, maxLength: 8 }),
        async (callers) => {
          await Promise.all(callers.map(run));
          await settled();
          const { rejections } = pool.status();
          expect(Object.keys(rejections)).not.toContain('shutting_down');
        },
      ),
      { numRuns: 120, endOnFailure: true },
    );
  },
  60_000,
);
