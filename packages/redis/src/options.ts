import { ConfigurationError, read } from '@spillway/core';
import type { Redis, RedisOptions } from 'ioredis';

/** What requests get while Redis cannot be reached, or does not answer in time. */
export type OnUnavailable = 'local' | 'reject';

/** An ioredis client, as far as it is used: its settings are taken over for connections of our own. */
export interface RedisClient {
  duplicate(override?: Partial<RedisOptions>): Redis;
}

/** Where Redis is, and what to do without it. */
export interface RedisCoordinatorOptions {
  /** `redis://` or `rediss://` URL. It, or `client`, must be given. */
  readonly url?: string | undefined;
  /** An ioredis client, whose settings are used for connections of our own; it stays yours. */
  readonly client?: RedisClient | undefined;
  /**
   * In front of every key and channel. Instances with the same prefix share their limits.
   * @defaultValue `'spillway'`
   */
  readonly prefix?: string | undefined;
  /**
   * While Redis is away or slow: `'local'` lets each instance run its share of a limit, by the number
   * of instances last seen; `'reject'` refuses what would need a slot, with 503.
   * @defaultValue `'local'`
   */
  readonly onUnavailable?: OnUnavailable | undefined;
}

/** {@link RedisCoordinatorOptions}, checked, with defaults filled in. */
export interface RedisCoordinatorConfig {
  readonly url: string | undefined;
  readonly client: RedisClient | undefined;
  readonly prefix: string;
  readonly onUnavailable: OnUnavailable;
}

const URL_RULE = "must be a 'redis:' or 'rediss:' URL";

const readUrl: read.Reader<string> = (value, path) => {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  // The value is not shown: it may hold a password.
  if (url === null) throw new ConfigurationError(path, URL_RULE);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new ConfigurationError(path, URL_RULE, url.protocol);
  }
  return value as string;
};

const readPrefix: read.Reader<string> = (value, path) => {
  const prefix = read.nonEmptyString(value, path);
  // What stands in braces decides on which node of a cluster a key is.
  if (/[{}]/.test(prefix)) throw new ConfigurationError(path, 'must not contain braces', prefix);
  return prefix;
};

const readOptions = read.object<RedisCoordinatorConfig>({
  url: read.optional(readUrl),
  client: read.optional(read.having<RedisClient>('duplicate')),
  prefix: read.optional(readPrefix, 'spillway'),
  onUnavailable: read.optional(read.oneOf('local', 'reject'), 'local'),
});

/** @throws ConfigurationError when an option is unknown, of the wrong type or impossible */
export const readRedisCoordinatorOptions: read.Reader<RedisCoordinatorConfig> = (value, path) => {
  const config = readOptions(value, path);
  if ((config.url === undefined) === (config.client === undefined)) {
    throw new ConfigurationError(path, "must have exactly one of 'url' and 'client'");
  }
  return config;
};
