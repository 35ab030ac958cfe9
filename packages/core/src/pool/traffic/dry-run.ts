import type { Backend } from '../backend.ts';
import type { TrafficChecks } from './checks.ts';
import type { RemoveOptions, Shares } from './options.ts';
import type { RolloutConfig, RolloutOptions } from './rollout.ts';
import type { ShadowOptions } from './shadow.ts';

/**
 * A pool's changes of traffic, checked as they would be and with the same errors, that are not made.
 * What can be made now may not be possible later.
 */
export class PoolDryRun {
  readonly #checks: TrafficChecks<Backend>;

  constructor(checks: TrafficChecks<Backend>) {
    this.#checks = checks;
  }

  /** @returns the share of every backend of the level, as it would be */
  setTraffic(shares: Shares): Shares {
    return Object.fromEntries(
      Array.from(this.#checks.shares(shares), ([{ id }, share]) => [id, share]),
    );
  }

  setShadow(id: string, proportion: number, options: ShadowOptions = {}): void {
    this.#checks.shadow(id, proportion, options);
  }

  remove(id: string, options: RemoveOptions = {}): void {
    this.#checks.removal(id, options);
  }

  /** @returns the options with their defaults, as the rollout would go by them */
  rollout(options: RolloutOptions): RolloutConfig {
    return this.#checks.rollout(options).config;
  }
}
