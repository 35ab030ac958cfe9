import {
  Backend,
  type BackendConfig,
  type BackendEvents,
  type Clock,
  type PoolConfig,
} from '@spillway/core';
import { Pool as UndiciPool } from 'undici';
import { headersNotForwarded, type NotForwarded } from './headers.ts';

/** A backend behind HTTP, with its connections and all that its requests have in common. */
export class HttpBackend extends Backend {
  readonly connections: UndiciPool;
  /** Its URL's path without the trailing slash. */
  readonly basePath: string;
  /** Names and values in turn. */
  readonly ownHeaders: readonly string[];
  readonly notForwarded: NotForwarded;

  constructor(
    config: BackendConfig,
    timeouts: PoolConfig['timeouts'],
    clock: Clock,
    events: BackendEvents,
  ) {
    super(config, clock, events);
    this.basePath = config.url.pathname.replace(/\/+$/, '');
    this.ownHeaders = Object.entries(config.headers).flat();
    this.notForwarded = headersNotForwarded(Object.keys(config.headers));
    this.connections = new UndiciPool(config.url.origin, {
      connect: { timeout: timeouts.connectMs },
      // Deadlines of our own: undici's fire up to a second late.
      headersTimeout: 0,
      bodyTimeout: 0,
      // One request on a connection: a backend's shares and limits are counted in requests.
      pipelining: 1,
      allowH2: false,
    });
  }
}
