import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers, hangs } from '../support/backend.ts';
import { call, nextChunk, open, rawCaller, read, untilFull } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { serve } from '../support/serve.ts';
import { turns, until, within } from '../support/until.ts';

const breaker = { failureCount: 1 };
const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Callers that keep a backend waiting: `timeouts.callerMs`, and when a place is taken at all. */
export function describeSlowCallers(host: AdapterHost): void {
  describe('a caller that does not send on', () => {
    async function serveSlow() {
      const clock = new FakeClock();
      const served = await serve(host, {
        backends: { only: answers(200, 'served') },
        pool: { timeouts: { callerMs: 1_000 }, breaker },
        spillway: { clock },
      });
      const caller = await rawCaller(served.origin);
      return { clock, caller, ...served };
    }

    it('gets 408 after callerMs, and its connection is closed', async () => {
      const { clock, caller, backends, pool, settled } = await serveSlow();
      caller.socket.write(`${HEAD}1\r\na\r\n`);
      const received = await backends.only.request();
      await until(() => expect(received.bytes).toBe(1));
      clock.advance(999);
      expect(pool.status().running).toBe(1);
      clock.advance(2);
      const answer = await within(3_000, caller.until('caller_timeout'));
      expect(answer).toContain('HTTP/1.1 408 ');
      expect(answer.toLowerCase()).toContain('connection: close');
      await until(() => expect(caller.socket.closed).toBe(true));
      expect(await received.closed).toBe('aborted');
      await settled();
      expect(pool.status()).toMatchObject({
        rejections: { caller_timeout: 1 },
        backends: [{ breaker: { trips: 0 }, attempts: { cancelled: 1 } }],
      });
    });

    it('is not better off when it drips', async () => {
      const { clock, caller, backends, pool } = await serveSlow();
      caller.socket.write(`${HEAD}1\r\na\r\n`);
      const received = await backends.only.request();
      for (let bytes = 1; bytes <= 4; bytes++) {
        await until(() => expect(received.bytes).toBe(bytes));
        clock.advance(240);
        caller.socket.write('1\r\na\r\n');
      }
      await until(() => expect(received.bytes).toBe(5));
      expect(pool.status().running).toBe(1);
      clock.advance(100);
      caller.socket.write('1\r\na\r\n');
      expect(await within(3_000, caller.until('caller_timeout'))).toContain('HTTP/1.1 408 ');
      await until(() => expect(pool.status().running).toBe(0));
    });

    it('has its time anew with each 64 KiB', async () => {
      const { clock, caller, backends } = await serveSlow();
      const portion = `10000\r\n${'a'.repeat(65_536)}\r\n`;
      caller.socket.write(HEAD + portion);
      const received = await backends.only.request();
      for (let portions = 1; portions <= 4; portions++) {
        await until(() => expect(received.bytes).toBe(portions * 65_536));
        clock.advance(900);
        caller.socket.write(portion);
      }
      caller.socket.write('0\r\n\r\n');
      expect(await within(3_000, caller.until('served'))).toContain('HTTP/1.1 200 ');
    });
  });

  describe('a caller that does not read on', () => {
    it('loses its answer after callerMs, and its place', async () => {
      const clock = new FakeClock();
      const { origin, pool, server, backends, settled } = await serve(host, {
        backends: { only: answers(200, Buffer.alloc(60_000_000)) },
        pool: { timeouts: { callerMs: 1_000, bodyMs: 200 }, breaker },
        spillway: { clock },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const [, passedOn] = (await once(server, 'request')) as [unknown, ServerResponse];
      const answer = await response;
      answer.pause();
      await untilFull(passedOn);
      clock.advance(999);
      expect(pool.status().running).toBe(1);
      clock.advance(1_001);
      await settled();
      expect(passedOn.destroyed).toBe(true);
      await until(() => expect(backends.only.sockets.size).toBe(0));
      expect(pool.status().backends).toMatchObject([
        { breaker: { trips: 0 }, attempts: { success: 1, timeout: 0 } },
      ]);
      expect(pool.status().rejections).toEqual({});
      await expect(read(answer)).rejects.toThrow('aborted');
    });

    it('is not meant by an answer that pauses: events that are rare, a poll that is long', async () => {
      const clock = new FakeClock();
      let write: (text: string) => void = () => {};
      const { origin } = await serve(host, {
        backends: {
          only: (_request, response) => {
            response.flushHeaders();
            write = (text) => void response.write(text);
          },
        },
        pool: { timeouts: { callerMs: 10, bodyMs: 1_000_000, headersMs: 1_000_000 } },
        spillway: { clock },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const answer = await response;
      for (let event = 1; event <= 3; event++) {
        clock.advance(900_000);
        write(`event ${event}`);
        expect(await within(3_000, nextChunk(answer))).toBe(`event ${event}`);
      }
    });
  });

  describe('where a backend has a maxCount', () => {
    it('a body that still comes takes no place, whether its length is known or not', async () => {
      const { origin, pool, server } = await serve(host, {
        backends: { only: answers(200, 'served') },
        each: { only: { maxCount: 1 } },
      });
      let arrived = 0;
      server.on('request', () => arrived++);
      const heads = [HEAD, HEAD.replace('Transfer-Encoding: chunked', 'Content-Length: 100000')];
      const drips = await Promise.all(heads.map(() => rawCaller(origin)));
      drips.forEach(({ socket }, index) => void socket.write(`${heads[index]}1\r\na\r\n`));
      await until(() => expect(arrived).toBe(2));
      expect(pool.status().running).toBe(0);
      expect((await call(origin, '/', { method: 'POST', body: 'x' })).status).toBe(200);
      const rests = ['0\r\n\r\n', 'x'.repeat(100_000 - 6)];
      for (const [index, drip] of drips.entries()) {
        drip.socket.write(rests[index] as string);
        expect(await drip.until('served')).toContain('HTTP/1.1 200 ');
      }
    });

    it('a body of unknown length takes no place before as much of it came as is kept', async () => {
      const { origin, pool, server, backends } = await serve(host, {
        backends: { only: answers(200, 'served') },
        each: { only: { maxCount: 1 } },
        pool: { retry: { maxBodyBytes: 10 } },
      });
      const { socket, until: answered } = await rawCaller(origin);
      socket.write(`${HEAD}1\r\na\r\n`);
      await once(server, 'request');
      await turns(10);
      expect(pool.status().running).toBe(0);
      socket.write(`a\r\n${'b'.repeat(10)}\r\n`);
      const received = await backends.only.request();
      socket.write('0\r\n\r\n');
      expect(await answered('served')).toContain('HTTP/1.1 200 ');
      expect(String(await received.body)).toBe(`a${'b'.repeat(10)}`);
    });

    it('a body of more than 64 KiB goes to its backend while it comes', async () => {
      const { origin, backends } = await serve(host, {
        backends: { only: answers(200, 'served') },
        each: { only: { maxCount: 1 } },
      });
      const { request, response } = open(origin, '/', { method: 'POST' });
      request.write(Buffer.alloc(70_000, 'a'));
      const received = await backends.only.request();
      await until(() => expect(received.bytes).toBe(70_000));
      request.end('b');
      expect((await read(await response)).text).toBe('served');
      expect((await received.body)?.length).toBe(70_001);
    });

    it('a caller that left in the middle of a large upload while it waited gives its turn on', async () => {
      const { origin, pool, backends } = await serve(host, {
        backends: { only: hangs },
        each: { only: { maxCount: 1 } },
        pool: { queue: { maxQueueLength: 5 } },
      });
      const first = open(origin, '/');
      first.request.end();
      await backends.only.request();
      const { socket } = await rawCaller(origin);
      socket.write(HEAD.replace('Transfer-Encoding: chunked', 'Content-Length: 9000000'));
      socket.write(Buffer.alloc(200_000));
      await until(() => expect(pool.status().waiting).toBe(1));
      const next = call(origin, '/', { method: 'POST', body: 'next' });
      await until(() => expect(pool.status().waiting).toBe(2));
      socket.destroy();
      backends.only.answer = answers(200, 'served');
      first.leave();
      expect((await within(5_000, next)).text).toBe('served');
      await within(3_000, pool.idle());
    });

    it('a caller that leaves in the middle of its body leaves nothing behind', async () => {
      const { origin, pool, server, counts } = await serve(host, {
        backends: { only: hangs },
        each: { only: { maxCount: 1 } },
      });
      const { socket } = await rawCaller(origin);
      socket.write(`${HEAD}1\r\na\r\n`);
      await once(server, 'request');
      socket.destroy();
      await within(3_000, pool.idle());
      expect(counts()).toEqual({ only: 0 });
    });
  });
}
