import { describe, it } from 'vitest';
import { rawCaller } from '../support/caller.ts';
import { crowd, disperse, get } from './crowd.ts';
import type { Gateway } from './gateway.ts';
import { BOUNDS, growthOf, MIB } from './memory.ts';

/** That the bounds of memory are not so wide that nothing could exceed them. */
export function describeControls(gateway: Gateway): void {
  describe('the measurements of memory would find out', { timeout: 60_000 }, () => {
    it('a body that is kept', async () => {
      const growth = await growthOf(gateway);
      const { socket } = await rawCaller(gateway.origin);
      const bytes = 3 * BOUNDS.body;
      socket.write(`POST /hoard HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`);
      socket.write(Buffer.alloc(bytes));
      await growth.exceeds(2 * BOUNDS.body);
    });

    it('an answer that is written without regard to who reads it', async () => {
      const growth = await growthOf(gateway);
      const [socket] = await crowd(gateway.origin, 1, get('/whole'));
      socket?.pause();
      await growth.exceeds(2 * BOUNDS.reader);
    });

    it.each([
      ['requests that leave 16 KiB behind', (_index: number) => get('/hoard')],
      [
        'keys that are kept',
        (index: number) => get('/hoard', `X-Key: ${`${index}`.padEnd(12_288)}.`),
      ],
    ])('%s', async (_, request) => {
      const growth = await growthOf(gateway);
      for (let index = 0; index < 500; index++) {
        disperse(await crowd(gateway.origin, 1, request(index)));
      }
      await growth.exceeds(Math.max(BOUNDS.rest, BOUNDS.keys) + MIB);
    });
  });
}
