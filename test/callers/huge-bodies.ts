import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { rawCaller } from '../support/caller.ts';
import { comesToStop } from './comes-to-stop.ts';
import type { Gateway } from './gateway.ts';
import { BOUNDS, growthOf, MIB } from './memory.ts';
import { othersAreServed } from './well-behaved.ts';

/** A chunk of a body as it is on the wire: a MiB of zeros. */
const FRAME = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB), Buffer.from('\r\n')]);

/**
 * Bodies far larger than what is kept: one of `size` MiB, and others of a part of that.
 * @param lost how an early answer is told that the client has lost, because its backend closed then
 */
export function describeHugeBodies(gateway: Gateway, size: number, lost: readonly string[]): void {
  const part = 64;

  describe(`a body of ${size} MiB where 1 KiB is kept`, { timeout: 120_000 }, () => {
    it('passes through to a backend that reads it', async () => {
      const { origin, backend } = gateway;
      const growth = await growthOf(gateway);
      const caller = await rawCaller(origin);
      const before = backend.read;
      await othersAreServed(origin, async () => {
        caller.socket.write(headOf('/small/reads'));
        await write(caller.socket, size);
        expect(await growth.now()).toBeLessThan(BOUNDS.body);
        caller.socket.write('0\r\n\r\n');
        expect(await caller.until('read')).toContain('HTTP/1.1 200 ');
      });
      expect(backend.read - before).toBeGreaterThanOrEqual(size * MIB);
      await gateway.atRest();
    });

    it.each([
      ['/small/refuses', '413'],
      ['/small/throttles', '429'],
    ])(
      'is answered early as the backend answers it, and goes nowhere: %s',
      async (path, status) => {
        const { origin } = gateway;
        const growth = await growthOf(gateway);
        const caller = await rawCaller(origin);
        await othersAreServed(origin, async () => {
          caller.socket.write(headOf(path));
          await write(caller.socket, part);
          const answer = await caller.until('\r\n\r\n');
          expect([status, ...lost]).toContain(answer.slice(9, 12));
          expect(await growth.now()).toBeLessThan(BOUNDS.body);
        });
        await gateway.atRest();
      },
    );

    it('waits with its caller where the backend never reads, for bodyMs', async () => {
      const { origin } = gateway;
      const growth = await growthOf(gateway);
      const caller = await rawCaller(origin);
      const { socket } = caller;
      await othersAreServed(origin, async () => {
        socket.write(headOf('/small/never'));
        void write(socket, part);
        const sent = await comesToStop(() => socket.bytesWritten - socket.writableLength);
        expect(sent).toBeLessThan((part * MIB) / 2);
        expect(await growth.now()).toBeLessThan(BOUNDS.body);
        expect(await caller.until('gateway_timeout')).toContain('HTTP/1.1 504 ');
        socket.destroy();
      });
      await gateway.atRest();
    });
  });
}

function headOf(path: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
}

/** Sends so many MiB, as fast as they are taken; ends early when the connection does. */
async function write(socket: Socket, count: number): Promise<void> {
  const closed = once(socket, 'close');
  for (let sent = 0; sent < count && socket.writable; sent++) {
    if (!socket.write(FRAME)) await Promise.race([once(socket, 'drain'), closed]);
  }
}
