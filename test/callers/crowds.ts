import { describe, expect, it } from 'vitest';
import { rawCaller } from '../support/caller.ts';
import { within } from '../support/until.ts';
import { answersOf, crowd, disperse, get } from './crowd.ts';
import type { Gateway } from './gateway.ts';
import { BOUNDS, growthOf } from './memory.ts';
import { othersAreServed } from './well-behaved.ts';

const SWITCH = [
  'Connection: upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/**
 * Callers by the thousand: so many connections, or requests.
 * @param strict soon tired of callers that do not send
 */
export function describeCrowds(gateway: Gateway, strict: Gateway, count: number): void {
  const some = Math.floor(count / 10);

  describe('connections', { timeout: 60_000 }, () => {
    it('that wait for 100 Continue and send no body take no place, and get 408', async () => {
      const growth = await growthOf(strict);
      const head = get('/few/', 'Expect: 100-continue', 'Content-Length: 100000').replace(
        'GET',
        'POST',
      );
      const counts = await othersAreServed(strict.origin, async () => {
        const sockets = await crowd(strict.origin, 100, head);
        // That of the well-behaved caller, at most.
        expect((await strict.state()).pools.few?.running).toBeLessThanOrEqual(1);
        return answersOf(sockets);
      });
      expect(counts).toEqual({ 408: 100 });
      await growth.fallsBelow(BOUNDS.rest);
    });

    it.each(['/proxy/', '/proxy/never', '/few/never', '/limited'])(
      'that are reset right after their request leave nothing behind: %s',
      async (path) => {
        const growth = await growthOf(gateway);
        await othersAreServed(gateway.origin, async () => {
          for (let wave = 0; wave < 3; wave++) {
            disperse(await crowd(gateway.origin, 100, get(path)));
          }
        });
        await growth.fallsBelow(BOUNDS.rest);
      },
    );

    it('that ask for a WebSocket and are refused leave nothing behind', async () => {
      const growth = await growthOf(gateway);
      const counts = await othersAreServed(gateway.origin, async () =>
        answersOf(await crowd(gateway.origin, some, get('/', ...SWITCH))),
      );
      expect(counts).toEqual({ 403: some });
      await growth.fallsBelow(BOUNDS.rest);
    });
  });

  describe('requests that wait for no answer', { timeout: 60_000 }, () => {
    // Without a limit each has a connection to the backend, which the pool remembers.
    const few = Math.min(count, 1_000);
    it.each([
      [few, '/proxy/', ['200'], few * 4_096],
      [count, '/few/', ['200', '429'], 0],
      [count, '/limited', ['200', '429'], 0],
    ])(
      'are all answered, or refused where so many may not wait: %d to %s',
      async (requests, path, statuses, remembered) => {
        const growth = await growthOf(gateway);
        const caller = await rawCaller(gateway.origin);
        const ask = async () => {
          caller.socket.write(get(path).repeat(requests - 1) + get(path, 'Connection: close'));
          await within(50_000, new Promise((resolve) => caller.socket.once('close', resolve)));
        };
        const full = statuses.includes('429') ? path : undefined;
        await othersAreServed(gateway.origin, ask, full);
        const seen = caller.text().match(/(?<=HTTP\/1\.1 )\d+/g) ?? [];
        expect(seen.length).toBe(requests);
        expect([...new Set(seen)].sort()).toEqual(statuses);
        await growth.fallsBelow(BOUNDS.rest + remembered);
      },
    );
  });
}
