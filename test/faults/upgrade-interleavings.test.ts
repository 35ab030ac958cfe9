import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import fc from 'fast-check';
import Koa from 'koa';
import { expect, it } from 'vitest';
import { hangs, type TestBackend } from '../support/backend.ts';
import { rawCaller } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress, hpmOnKoa } from '../support/hpm-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';
import { handshake } from '../support/websockets.ts';

const SWITCHES =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

const ACTS = {
  'switches and echoes': (socket) => {
    socket.write(SWITCHES);
    socket.pipe(socket);
  },
  'switches and ends': (socket) => void socket.end(`${SWITCHES}bye`),
  'switches and resets': (socket) => {
    socket.write(SWITCHES, () => setTimeout(() => socket.resetAndDestroy(), 2));
  },
  'switches and streams': (socket) => {
    socket.write(SWITCHES);
    socket.write(Buffer.alloc(300_000), () => socket.end());
  },
  refuses: (socket) => void socket.end('HTTP/1.1 429 No\r\nContent-Length: 2\r\n\r\nno'),
  'refuses, then breaks off': (socket) => {
    socket.write('HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nno', () => socket.destroy());
  },
  'answers as any request': (socket) =>
    void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  resets: (socket) => void socket.resetAndDestroy(),
  hangs: () => {},
} satisfies Record<string, (socket: Socket) => void>;

type Act = keyof typeof ACTS;

const arbitraryCaller = fc.record({
  acts: fc.array(fc.constantFrom(...(Object.keys(ACTS) as Act[])), { minLength: 1, maxLength: 3 }),
  /** Leaves after so many milliseconds; 9 stands for when it is told to. */
  leavesAfterMs: fc.integer({ min: 0, max: 9 }),
  resets: fc.boolean(),
  speaks: fc.boolean(),
});

it.each([
  ['Express', expressHost(express)],
  ['Express with http-proxy-middleware', hpmOnExpress(expressHost(express))],
  ['Koa with http-proxy-middleware', hpmOnKoa(koaHost(Koa))],
])(
  'leaves no WebSocket open, whatever both ends of it do: %s',
  async (_, host) => {
    const byTag = new Map<string, { acts: readonly Act[]; turn: number }>();
    const { origin, server, settled, pool, spillway, backends } = await serve(host, {
      backends: { a: hangs, b: hangs, c: hangs },
      each: { b: { priority: 1 }, a: { maxCount: 2 } },
      pool: {
        breaker: { failureCount: 4, tripDurationMs: 3 },
        queue: { maxQueueLength: 3, timeoutMs: 20 },
        timeouts: { headersMs: 15, connectMs: 1_000 },
      },
    });
    server.on('upgrade', spillway.proxy(pool).upgrade);
    for (const backend of Object.values<TestBackend>(backends)) {
      backend.server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
        socket.on('error', () => {}).on('end', () => socket.end());
        const script = byTag.get(String(request.headers['x-tag']));
        if (script === undefined) return void socket.destroy();
        socket.resume();
        ACTS[script.acts[script.turn++ % script.acts.length] as Act](socket);
      });
    }
    let nextTag = 0;
    const run = async (
      caller: typeof arbitraryCaller extends fc.Arbitrary<infer T> ? T : never,
    ) => {
      const tag = String(nextTag++);
      byTag.set(tag, { acts: caller.acts, turn: 0 });
      const { socket } = await rawCaller(origin);
      socket.write(handshake('/', [`X-Tag: ${tag}`]));
      if (caller.speaks) socket.write('hello');
      const gone = once(socket, 'close');
      const leave = () => (caller.resets ? socket.resetAndDestroy() : socket.end());
      const timer = setTimeout(leave, caller.leavesAfterMs === 9 ? 40 : caller.leavesAfterMs);
      await gone;
      clearTimeout(timer);
      byTag.delete(tag);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryCaller, { minLength: 1, maxLength: 8 }),
        async (callers) => {
          await Promise.all(callers.map(run));
          await settled();
          await until(() => {
            for (const { sockets } of Object.values<TestBackend>(backends)) {
              expect(sockets.size).toBe(0);
            }
          });
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  },
  60_000,
);
