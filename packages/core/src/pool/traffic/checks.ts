import { ConfigurationError, ConflictError } from '../../errors.ts';
import type { Backend } from '../backend.ts';
import { readRemoveOptions, readShares } from './options.ts';
import { type Rollout, type RolloutConfig, readRolloutOptions } from './rollout.ts';
import { type ReadShadowOptions, readProportion, readShadowOptions } from './shadow.ts';

/** Members as they are, for what is asked of them to be held against. */
export interface Present<B extends Backend> {
  /** Those too that have no share, or are being removed. */
  readonly all: readonly B[];
  /** Those that have a share. */
  readonly serving: readonly B[];
  /** The pool has ended, and its backends with it. */
  readonly isOver: boolean;
  rolloutOf(priority: number): Rollout | undefined;
}

export interface CheckedRemoval<B extends Backend> {
  readonly backend: B;
  readonly drain: boolean;
  readonly timeoutMs: number;
}

/**
 * Whether a change of a pool's traffic can be made, and what it comes to. Each throws what the change
 * would throw, and changes nothing.
 */
export class TrafficChecks<B extends Backend> {
  readonly #path: string;
  readonly #present: Present<B>;

  /** @param path `pool(NAME)`, for errors */
  constructor(path: string, present: Present<B>) {
    this.#path = path;
    this.#present = present;
  }

  /** What would begin now would never end. */
  live(path: string): void {
    if (this.#present.isOver) throw new ConflictError(path, 'cannot be done after shutdown()');
  }

  /** Those of the level, each with its share. */
  shares(shares: unknown): ReadonlyMap<B, number> {
    const path = `${this.#path}.setTraffic`;
    this.live(path);
    return readShares(shares, path, this.#present.all);
  }

  shadow(
    id: string,
    proportion: unknown,
    options: unknown,
  ): { readonly backend: B; readonly proportion: number; readonly options: ReadShadowOptions } {
    const path = `${this.#path}.setShadow`;
    this.live(path);
    const backend = this.#present.all.find((each) => each.id === id && !each.draining);
    if (backend === undefined) {
      throw new ConfigurationError(path, 'must name a backend of this pool', id);
    }
    return {
      backend,
      proportion: readProportion(proportion, `${path}[${JSON.stringify(id)}]`),
      options: readShadowOptions(options, path),
    };
  }

  removal(id: string, options: unknown): CheckedRemoval<B> {
    const path = `${this.#path}.remove`;
    const { drain, timeoutMs } = readRemoveOptions(options, path);
    const { all, serving } = this.#present;
    const backend = all.find((each) => each.id === id);
    if (backend === undefined) {
      throw new ConfigurationError(path, 'must name a backend of this pool', id);
    }
    if (!backend.draining && serving.every((other) => other === backend)) {
      const rule = 'must leave the pool a backend that has a share';
      throw new ConflictError(path, rule, backend.id);
    }
    return { backend, drain, timeoutMs };
  }

  rollout(options: unknown): {
    readonly config: RolloutConfig;
    readonly to: B;
    readonly level: readonly B[];
  } {
    const path = `${this.#path}.rollout`;
    this.live(path);
    const config = readRolloutOptions(options, path);
    const { all } = this.#present;
    const to = all.find(({ id, draining }) => id === config.to && !draining);
    if (to === undefined) {
      throw new ConfigurationError(`${path}.to`, 'must name a backend of this pool', config.to);
    }
    const { priority } = to;
    const other = this.#present.rolloutOf(priority);
    if (other !== undefined) {
      const rule = `must wait for the end of the rollout to ${JSON.stringify(other.config.to)}`;
      throw new ConflictError(path, rule);
    }
    const level = all.filter((peer) => peer.priority === priority && !peer.draining);
    if (level.every((peer) => peer === to || peer.weight === 0)) {
      const rule = 'must have traffic to take over: no other backend of its level has a share';
      throw new ConflictError(`${path}.to`, rule, config.to);
    }
    return { config, to, level };
  }
}
