import type { HttpPool } from '@spillway/node-http';
import { listed, percent } from '../changes/sentences.ts';
import { levelOf, sharesOf } from '../changes/targets.ts';

/** What has been told of the shares of a pool's levels, so that only what is new is told. */
export class SharesTold {
  readonly #pool: HttpPool;
  #told: ReadonlyMap<number, string>;

  constructor(pool: HttpPool) {
    this.#pool = pool;
    this.#told = sharesByLevel(pool);
  }

  /** `level 1: stable 90 %, canary 10 %`, of each level where that has changed. */
  news(): string {
    const before = this.#told;
    const now = sharesByLevel(this.#pool);
    this.#told = now;
    const changed = [...now].filter(([priority, shares]) => before.get(priority) !== shares);
    const gone = [...before.keys()].filter((priority) => !now.has(priority));
    const news = [
      ...changed.map(([priority, shares]) => `level ${priority}: ${shares}`),
      ...gone.map((priority) => `level ${priority} has no backend left`),
    ];
    return news.length === 0 ? 'its shares are set, and are as before' : news.join('; ');
  }
}

function sharesByLevel(pool: HttpPool): ReadonlyMap<number, string> {
  const present = pool.backends.filter(({ draining }) => !draining);
  const priorities = [...new Set(present.map(({ priority }) => priority))].sort((a, b) => a - b);
  return new Map(
    priorities.map((priority) => {
      const shares = Object.entries(sharesOf(levelOf(pool, priority)));
      return [priority, listed(shares.map(([id, share]) => `${id} ${percent(share)}`))];
    }),
  );
}
