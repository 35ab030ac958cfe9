import type { Engine } from '@spillway/node-http';
import type { EventLog } from './event-log.ts';

/**
 * Notes what spilled over since it was last asked. Read from the counters: a listener would cost every
 * request that spills over.
 */
export class Spillovers {
  readonly #pools: Engine['pools'];
  readonly #log: EventLog;
  readonly #before = new Map<string, number>();

  constructor(pools: Engine['pools'], log: EventLog) {
    this.#pools = pools;
    this.#log = log;
    this.#advance(() => {});
  }

  /** @param seconds since the last time */
  note(seconds: number): void {
    this.#advance((pool, from, to, count) => {
      const requests = count === 1 ? '1 request' : `${count} requests`;
      const text = `${requests} spilled over from level ${from} to ${to} within ${seconds} s`;
      this.#log.add({ kind: 'spillover', pool, text, details: { from, to, count } });
    });
  }

  #advance(each: (pool: string, from: number, to: number, count: number) => void): void {
    for (const { name, spillovers } of this.#pools.values()) {
      for (const { from, to, count } of spillovers) {
        const key = JSON.stringify([name, from, to]);
        const grown = count - (this.#before.get(key) ?? 0);
        this.#before.set(key, count);
        if (grown > 0) each(name, from, to, grown);
      }
    }
  }
}
