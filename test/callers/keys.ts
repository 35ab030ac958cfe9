import { describe, expect, it } from 'vitest';
import { load } from '../acceptance/traffic-load.ts';
import type { Gateway } from './gateway.ts';
import { BOUNDS, growthOf } from './memory.ts';

/** Long ones, so that few have to be sent. */
const LENGTH = 12_288;
const COUNT = 500;

/** Callers that come with another key each time. */
export function describeKeys(gateway: Gateway): void {
  async function send(path: string, header: (key: string) => Record<string, string>) {
    const sent = async (requests: number, name: string) => {
      const { failures } = await load({
        origin: gateway.origin,
        requests,
        atOnce: 8,
        request: (index) => ({ path, headers: header(`${name}${index}`.padEnd(LENGTH, 'x')) }),
      });
      expect(failures).toEqual([]);
    };
    // All its code has run once, and it has its connections.
    await sent(100, 'before');
    const growth = await growthOf(gateway);
    await sent(COUNT, 'key');
    return growth;
  }

  describe(`${COUNT} keys of ${LENGTH} bytes`, { timeout: 60_000 }, () => {
    it.each([
      ['/header/', (key: string) => ({ 'x-key': key })],
      ['/key/', (key: string) => ({ 'x-key': key })],
      ['/cookie/', (key: string) => ({ cookie: `key=${key}` })],
      ['/keyed', (key: string) => ({ 'x-key': key })],
    ])('leave nothing behind: %s', async (path, header) => {
      const growth = await send(path, header);
      await growth.fallsBelow(BOUNDS.keys);
    });
  });
}
