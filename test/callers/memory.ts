import { expect, vi } from 'vitest';
import type { Gateway } from './gateway.ts';

export const MIB = 1_048_576;

/** How much more a gateway may have in memory, in bytes; that they are exceeded otherwise is tried, too. */
export const BOUNDS = {
  /** While a body of any size is sent on. */
  body: 16 * MIB,
  /** While one caller does not read its answer, of any size. */
  reader: MIB,
  /** While a connection is open: twice what Node has of each. */
  connection: 8_192,
  /** Once all is over: what varies by itself, as code that is compiled. */
  rest: 4 * MIB,
  /** The same, of less work. */
  keys: 2 * MIB,
} as const;

/** What a gateway has in memory, compared with what it had when nothing ran. */
export interface Growth {
  /** In bytes, as things are. */
  now(): Promise<number>;
  /** Resolves when nothing runs or waits and less than this is left; connections may go late. */
  fallsBelow(bytes: number): Promise<void>;
  /** Resolves when it is more than this. */
  exceeds(bytes: number): Promise<void>;
}

export async function growthOf(gateway: Gateway): Promise<Growth> {
  await gateway.atRest();
  const before = await gateway.memory();
  const now = async () => (await gateway.memory()) - before;
  // Each look costs a collection of garbage.
  const until = (assertion: () => Promise<void>) =>
    vi.waitFor(assertion, { interval: 200, timeout: 20_000 });
  return {
    now,
    fallsBelow: (bytes) =>
      until(async () => {
        await gateway.atRest();
        expect(await now()).toBeLessThan(bytes);
      }),
    exceeds: (bytes) => until(async () => expect(await now()).toBeGreaterThan(bytes)),
  };
}
