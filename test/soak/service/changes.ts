import type { BackendOptions, PoolStatus } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';

/** What is changed in a pool while it is used. */
export type Change =
  | { readonly name: 'setTraffic'; readonly shares: Readonly<Record<string, number>> }
  | {
      readonly name: 'setShadow';
      readonly id: string;
      readonly proportion: number;
      readonly methods: 'safe' | 'all';
    }
  | { readonly name: 'remove'; readonly id: string; readonly drain: boolean }
  | { readonly name: 'add'; readonly id: string }
  | { readonly name: 'rollout'; readonly to: string };

type Attempts = PoolStatus['backends'][number]['attempts'];
type Copies = PoolStatus['shadows'][number]['requests'];

const ROLLOUT_STEP_MS = 300;

/** Changes a pool as it is told, and keeps the counts of backends and shadows that have left it. */
export class ChangingPool {
  readonly pool: HttpPool;
  readonly #options: ReadonlyMap<string, BackendOptions>;
  /** By backend. */
  readonly retired: Record<string, Attempts[]> = {};
  /** All that there ever were. */
  readonly #shadows = new Set<HttpPool['shadows'][number]>();

  constructor(pool: HttpPool, backends: readonly BackendOptions[]) {
    this.pool = pool;
    this.#options = new Map(backends.map((backend) => [backend.id, backend]));
  }

  /** What came of copies, of each shadow that there ever was; by backend. */
  get copies(): Record<string, Copies[]> {
    const copies: Record<string, Copies[]> = {};
    for (const shadow of this.#shadows) {
      const { backend, requests } = shadow.status();
      copies[backend] ??= [];
      copies[backend].push(requests);
    }
    return copies;
  }

  /** Resolves when a backend that is removed is gone. */
  async make(change: Change): Promise<void> {
    const { pool } = this;
    switch (change.name) {
      case 'setTraffic':
        pool.setTraffic(change.shares);
        return;
      case 'setShadow':
        pool.setShadow(change.id, change.proportion, { methods: change.methods });
        for (const shadow of pool.shadows) this.#shadows.add(shadow);
        return;
      case 'add':
        pool.add(this.#options.get(change.id) as BackendOptions);
        return;
      case 'rollout':
        pool.rollout({
          to: change.to,
          steps: [0.3, 0.6, 0.8],
          intervalMs: ROLLOUT_STEP_MS,
          abort: { failureRatio: 0.3 },
        });
        return;
      case 'remove': {
        const backend = pool.backends.find(({ id }) => id === change.id);
        await pool.remove(change.id, { drain: change.drain });
        if (backend !== undefined) {
          this.retired[change.id] ??= [];
          this.retired[change.id]?.push(backend.status().attempts);
        }
      }
    }
  }
}
