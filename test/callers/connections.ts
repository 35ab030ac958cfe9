import { describe, expect, it } from 'vitest';
import { answersOf, crowd, disperse, expectTimedOut, get } from './crowd.ts';
import type { Gateway } from './gateway.ts';
import { BOUNDS, growthOf } from './memory.ts';
import { othersAreServed } from './well-behaved.ts';

const HALF = 'POST /proxy/ HTTP/1.1\r\nHost: a\r\nX-Slow: ';

/**
 * Callers that have not sent a request yet, or need not.
 * @param strict soon tired of callers that do not send
 */
export function describeConnections(gateway: Gateway, strict: Gateway, count: number): void {
  const some = Math.floor(count / 10);

  describe(`${count} connections that no framework gets to see`, { timeout: 60_000 }, () => {
    it('that are idle cost what Node has of each, and nothing once they are gone', async () => {
      const growth = await growthOf(gateway);
      const idle = await othersAreServed(gateway.origin, () => crowd(gateway.origin, count));
      expect(await growth.now()).toBeLessThan(count * BOUNDS.connection + BOUNDS.rest);
      disperse(idle);
      await growth.fallsBelow(BOUNDS.rest);
    });

    it('that are idle after a request cost no more', async () => {
      const growth = await growthOf(gateway);
      const idle = await othersAreServed(gateway.origin, () =>
        crowd(gateway.origin, some, get('/proxy/')),
      );
      await growth.fallsBelow(some * BOUNDS.connection + BOUNDS.rest);
      disperse(idle);
      await growth.fallsBelow(BOUNDS.rest);
    });

    it('that stop in the middle of their headers get 408, and hold nothing', async () => {
      const growth = await growthOf(strict);
      const { requests } = await strict.state();
      const counts = await othersAreServed(strict.origin, async () =>
        answersOf(await crowd(strict.origin, some, HALF)),
      );
      expect(counts).toEqual({ 408: some });
      expect((await strict.state()).requests.proxy?.failed).toBe(requests.proxy?.failed);
      await growth.fallsBelow(BOUNDS.rest);
    });

    it('that drip their headers, a byte at a time, get 408 as well', async () => {
      const counts = await othersAreServed(strict.origin, async () => {
        const sockets = await crowd(strict.origin, 50, HALF);
        const drip = setInterval(() => {
          for (const socket of sockets) if (socket.writable) socket.write('x');
        }, 50);
        return answersOf(sockets).finally(() => clearInterval(drip));
      });
      expectTimedOut(counts);
      await strict.atRest();
    });
  });
}
