import type { Coordinator } from '@spillway/core';
import { type RedisCoordinatorOptions, readRedisCoordinatorOptions } from './options.ts';
import { RedisCoordinator as Implementation } from './redis-coordinator.ts';

export type { OnUnavailable, RedisClient, RedisCoordinatorOptions } from './options.ts';

/** What {@link redisCoordinator} gives, for the option `coordinator` of `createSpillway`. */
export interface RedisCoordinator extends Coordinator {
  /**
   * Resolves when Redis has answered for the first time. Await it before requests are taken: until
   * then an instance does not know of any other.
   */
  ready(): Promise<void>;
}

/**
 * Makes the limits of a service hold for all its instances together. It belongs to one
 * `createSpillway`, which closes it at its `shutdown`.
 * @throws ConfigurationError when an option is unknown, of the wrong type or impossible
 * @example
 * const coordinator = redisCoordinator({ url: 'redis://127.0.0.1:6379' });
 * const spillway = createSpillway({ coordinator });
 */
export function redisCoordinator(options: RedisCoordinatorOptions): RedisCoordinator {
  return new Implementation(readRedisCoordinatorOptions(options, 'redisCoordinator'));
}
