import { isDeepStrictEqual } from 'node:util';
import type { HttpPool } from '@spillway/node-http';
import { listed, MAX_LISTED, percent } from '../changes/sentences.ts';
import { levelOf, sharesOf } from '../changes/targets.ts';

/** By priority: `stable 90 %` of each backend of the level. */
type Levels = ReadonlyMap<number, readonly string[]>;

/** What has been told of the shares of a pool's levels, so that only what is new is told. */
export class SharesTold {
  readonly #pool: HttpPool;
  #told: Levels;

  constructor(pool: HttpPool) {
    this.#pool = pool;
    this.#told = sharesByLevel(pool);
  }

  /** `level 1: stable 90 %, canary 10 %`, of each level where that has changed. */
  news(): string {
    const before = this.#told;
    const now = sharesByLevel(this.#pool);
    this.#told = now;
    const changed = [...now].filter(
      ([priority, shares]) => !isDeepStrictEqual(shares, before.get(priority)),
    );
    const gone = [...before.keys()].filter((priority) => !now.has(priority));
    const news = [
      ...changed.map(([priority, shares]) => {
        return `level ${priority}: ${listed(newFirst(shares, before.get(priority)))}`;
      }),
      ...gone.map((priority) => `level ${priority} has no backend left`),
    ];
    return news.length === 0 ? 'its shares are set, and are as before' : news.join('; ');
  }
}

/** In the pool's order; where not all can be listed, those that have changed come first. */
function newFirst(shares: readonly string[], before: readonly string[] = []): readonly string[] {
  if (shares.length <= MAX_LISTED) return shares;
  const known = new Set(before);
  const isNew = (share: string) => !known.has(share);
  return [...shares.filter(isNew), ...shares.filter((share) => !isNew(share))];
}

function sharesByLevel(pool: HttpPool): Levels {
  const present = pool.backends.filter(({ draining }) => !draining);
  const priorities = [...new Set(present.map(({ priority }) => priority))].sort((a, b) => a - b);
  return new Map(
    priorities.map((priority) => {
      const shares = Object.entries(sharesOf(levelOf(pool, priority)));
      return [priority, shares.map(([id, share]) => `${id} ${percent(share)}`)];
    }),
  );
}
