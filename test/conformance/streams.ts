import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, hangs, refuses, sha256 } from '../support/backend.ts';
import { call, nextChunk, open, rawCall, rawCaller } from '../support/caller.ts';
import { startRawBackend } from '../support/raw-backend.ts';
import { serve } from '../support/serve.ts';
import { until } from '../support/until.ts';

const MIB = 1_048_576;
/** More than fits into all the socket buffers on the way. */
const FAR_TOO_MUCH = 200 * MIB;

/** Resolves with how much could be written when no more is taken. */
async function untilStuck(written: () => number): Promise<number> {
  for (let before = -1; ; ) {
    const now = written();
    if (now === before) return now;
    before = now;
    await delay(60);
  }
}

/** Rule 14: each chunk as it comes, at the pace of the slower side. */
export function describeStreams(host: AdapterHost): void {
  describe('streams', () => {
    it.each([
      ['at once', {}],
      ['after a refusal', { ptu: refuses() }],
    ])('pass each event on before the next is sent, %s', async (_, first) => {
      let stream: ServerResponse | undefined;
      const { origin } = await serve(host, {
        backends: {
          ...(first as { ptu: Answer }),
          payg: (_request, response) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            response.flushHeaders();
            stream = response;
          },
        },
      });
      const { request, response } = open(origin, '/', { method: 'POST' });
      request.end('{"stream":true}');
      // The head comes although there is no chunk yet.
      const answer = await response;
      expect(answer.headers['content-type']).toBe('text/event-stream');
      for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: [DONE]\n\n']) {
        stream?.write(event);
        expect(await nextChunk(answer)).toBe(event);
      }
      stream?.end();
      answer.resume();
      await once(answer, 'end');
    });

    it('pass on the head of an answer with a length before its first chunk', async () => {
      let stream: ServerResponse | undefined;
      const { origin } = await serve(host, {
        backends: {
          only: (_request, response) => {
            response.writeHead(200, { 'content-length': 6 });
            response.flushHeaders();
            stream = response;
          },
        },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const answer = await response;
      stream?.write('abc');
      expect(await nextChunk(answer)).toBe('abc');
      stream?.end('def');
      expect(await nextChunk(answer)).toBe('def');
    });

    it('read the backend no faster than the caller reads', async () => {
      let sent = 0;
      const chunk = Buffer.alloc(MIB, 'x');
      const { origin, settled, pool } = await serve(host, {
        backends: {
          only: async (_request, response) => {
            while (sent < FAR_TOO_MUCH && !response.destroyed) {
              sent += chunk.length;
              if (!response.write(chunk)) await once(response, 'drain').catch(() => {});
            }
          },
        },
      });
      const { request, response, leave } = open(origin, '/');
      request.end();
      const answer = await response;
      answer.pause();
      expect(await untilStuck(() => sent)).toBeLessThan(FAR_TOO_MUCH / 2);
      let read = 0;
      answer.on('data', (data: Buffer) => {
        read += data.length;
      });
      // Read again, it goes on.
      const before = sent;
      answer.resume();
      await until(() => expect(sent).toBeGreaterThan(before + 20 * MIB));
      expect(pool.status().running).toBe(1);
      expect(read).toBeGreaterThan(0);
      leave();
      await settled();
    });

    it('read the caller no faster than the backend reads', async () => {
      const slow = await startRawBackend(({ socket }) => void socket.pause());
      const { origin, settled } = await serve(host, {
        backends: { only: hangs },
        each: { only: { url: slow.url } },
      });
      const { request, leave } = open(origin, '/', { method: 'POST' });
      let sent = 0;
      const chunk = Buffer.alloc(MIB, 'x');
      const write = () => {
        while (sent < FAR_TOO_MUCH && !request.destroyed) {
          sent += chunk.length;
          if (!request.write(chunk)) return;
        }
      };
      request.on('drain', write);
      write();
      await until(() => expect(slow.connections).toHaveLength(1));
      expect(await untilStuck(() => sent)).toBeLessThan(FAR_TOO_MUCH / 2);
      const before = sent;
      slow.connections[0]?.socket.resume();
      await until(() => expect(sent).toBeGreaterThan(before + 10 * MIB));
      leave();
      await settled();
    });

    it('are whole: 8 MiB in chunks of many sizes, chunked and with a length', async () => {
      const body = Buffer.from(Array.from({ length: 8 * MIB }, (_, index) => index * 31));
      const { origin } = await serve(host, {
        backends: {
          only: async (request, response) => {
            if (request.url === '/length') response.setHeader('content-length', body.length);
            for (let at = 0, size = 1; at < body.length; at += size, size = (size * 7) % 400_009) {
              if (!response.write(body.subarray(at, at + size))) await once(response, 'drain');
            }
            response.end();
          },
        },
      });
      for (const path of ['/length', '/chunked']) {
        expect(sha256((await call(origin, path)).body)).toBe(sha256(body));
      }
    });

    it('keep two pipelined requests of one connection in order', async () => {
      const { origin, backends } = await serve(host, { backends: { only: answers(200) } });
      backends.only.answer = async (request, response) => {
        if (request.url === '/slow') await backends.only.request(1);
        response.end(`answer to ${request.url}`);
      };
      const caller = await rawCaller(origin);
      const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
      caller.socket.write(get('/slow') + get('/fast'));
      const text = await caller.until('answer to /fast');
      expect(text.indexOf('answer to /slow')).toBeGreaterThan(0);
      expect(text.indexOf('answer to /slow')).toBeLessThan(text.indexOf('answer to /fast'));
    });

    it('are written with those of others, and at once where there are none', async () => {
      const { origin, server, backends } = await serve(host, { backends: { only: answers(200) } });
      const joins: boolean[] = [];
      server.on('connection', (socket) => {
        // It gets a way of writing of its own where it is to wait for others.
        socket.on('close', () => joins.push(Object.hasOwn(socket, '_writev')));
      });
      const alone = await call(origin, '/');
      await until(() => expect(joins).toEqual([false]));
      backends.only.answer = async (_request, response) => {
        await backends.only.request(3);
        response.end('together');
      };
      const together = await Promise.all(['/1', '/2', '/3'].map((path) => call(origin, path)));
      expect([alone, ...together].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      await until(() => expect(joins).toHaveLength(4));
      expect(joins).toContain(true);
    });

    it('give the caller what came before they broke off, be it in the same moment', async () => {
      const { origin, settled } = await serve(host, {
        backends: {
          only: (_request, response) => {
            const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
            response.socket?.end(`${head}4\r\nhalf\r\nno size\r\n`);
          },
        },
      });
      const text = await rawCall(origin, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      await settled();
    });

    it('cut the caller off when the backend breaks off', async () => {
      const { origin, pool, settled } = await serve(host, {
        backends: {
          only: (request, response) => {
            response.writeHead(200);
            response.write('half', () => request.socket.destroy());
          },
        },
      });
      await expect(call(origin, '/')).rejects.toThrow();
      await settled();
      expect(pool.status().backends[0]?.attempts).toMatchObject({ reset: 1, success: 0 });
    });
  });
}
