import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { LONG_BYTES } from './backend.ts';
import { comesToStop } from './comes-to-stop.ts';
import { answersOf, crowd, disperse, expectTimedOut } from './crowd.ts';
import type { Gateway } from './gateway.ts';
import { BOUNDS, growthOf, MIB } from './memory.ts';
import { othersAreServed } from './well-behaved.ts';

/** As many as run at once where most may. */
const COUNT = 8;

const chunked = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
const long = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n`;

/**
 * Callers that take their time.
 * @param strict soon tired of callers that do not send
 */
export function describeSlow(gateway: Gateway, strict: Gateway): void {
  describe('callers that drip their bodies', { timeout: 60_000 }, () => {
    it('have their slot of a gate for as long as the server waits for a request', async () => {
      const counts = await othersAreServed(strict.origin, async () => {
        const sockets = await crowd(strict.origin, COUNT, chunked('/limited'));
        const over = drip(sockets, '1\r\na\r\n');
        await until(async () => expect((await strict.state()).gates.limited?.running).toBe(8));
        return answersOf(sockets).finally(over);
      });
      expectTimedOut(counts);
      await strict.atRest();
    });

    it('take no place at a backend with a maxCount while the body could be kept', async () => {
      const { origin, state, atRest } = gateway;
      await othersAreServed(origin, async () => {
        const sockets = await crowd(origin, COUNT, chunked('/few/'));
        const over = drip(sockets, '1\r\na\r\n');
        for (let look = 0; look < 10; look++) {
          const { few } = (await state()).pools;
          // That of the well-behaved caller, at most.
          expect(few?.running).toBeLessThanOrEqual(1);
          expect(few?.waiting).toBe(0);
        }
        over();
        disperse(sockets);
      });
      await atRest();
    });

    it('have their place at a backend for callerMs where it is larger, and get 408', async () => {
      const { origin, state, atRest } = gateway;
      const before = (await state()).pools.few?.rejections.caller_timeout ?? 0;
      const counts = await othersAreServed(origin, async () => {
        const sockets = await crowd(origin, COUNT, long('/few/'));
        const over = drip(sockets, 'a');
        await until(async () => expect((await state()).pools.few?.running).toBe(4));
        return answersOf(sockets).finally(over);
      });
      expectTimedOut(counts);
      const { pools } = await atRest();
      expect(pools.few?.rejections.caller_timeout).toBe(before + COUNT);
    });
  });

  describe('callers that do not read their answers', { timeout: 60_000 }, () => {
    it('keep their backends waiting, and lose the answer after callerMs', async () => {
      const { origin, backend, state, atRest } = gateway;
      const growth = await growthOf(gateway);
      const before = backend.written;
      await othersAreServed(origin, async () => {
        const sockets = await crowd(origin, COUNT, 'GET /proxy/long HTTP/1.1\r\nHost: a\r\n\r\n');
        for (const socket of sockets) socket.pause();
        await until(() => expect(backend.written - before).toBeGreaterThan(COUNT * MIB));
        await comesToStop(() => backend.written);
        expect(backend.written - before).toBeLessThan(COUNT * LONG_BYTES);
        expect((await state()).pools.proxy?.running).toBeGreaterThanOrEqual(COUNT);
        expect(await growth.now()).toBeLessThan(COUNT * BOUNDS.reader);
        await until(async () => {
          expect((await state()).pools.proxy?.running).toBeLessThanOrEqual(1);
        }, 10_000);
      });
      await atRest();
    });
  });
}

/** Has each send these bytes ten times a second; gives what ends it. */
function drip(sockets: readonly Socket[], bytes: string): () => void {
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(bytes);
  }, 100);
  return () => clearInterval(timer);
}
