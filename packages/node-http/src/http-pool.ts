import type { PoolContext, PoolOptions } from '@spillway/core';
import { ConnectedPool } from './connected-pool.ts';
import { createPoolFetch } from './fetch/pool-fetch.ts';

/** What `spillway.pool()` gives: a pool for proxies, and for outgoing calls. */
export class HttpPool extends ConnectedPool {
  /**
   * The global `fetch`, sent through this pool: the same arguments, the same behaviour, by the same
   * rules as {@link https://nodejs.org/api/globals.html#fetch | Node's own}. Of the URL only path
   * and query count, appended to the chosen backend's own; a path alone will do.
   *
   * Where no backend's answer can be had it resolves with the problem that a proxied caller would
   * be sent (`application/problem+json`, 429, 502, 503 or 504), as with any other answer.
   */
  readonly fetch: typeof globalThis.fetch;

  constructor(name: string, options: PoolOptions, context: PoolContext) {
    super(name, options, context);
    this.fetch = createPoolFetch(this);
  }
}
