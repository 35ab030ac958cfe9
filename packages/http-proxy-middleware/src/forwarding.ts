import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Deadlines } from '@spillway/core';
import { type HttpBackend, type HttpPool, type ProxyHost, viewOf } from '@spillway/node-http';
import type { Options } from 'http-proxy-middleware';
import { type BackendProfile, profileOf } from './backend-profile.ts';
import type { ClientAttemptOwner } from './client-attempt.ts';
import type { ProxyServer } from './proxy-server.ts';

const DEFAULT_MAX_REDIRECTS = 5;

/** What all requests of one middleware have in common. */
export class Forwarding {
  readonly pool: HttpPool;
  /** Makes single attempts. */
  readonly attempts: ProxyServer;
  readonly limits: ClientAttemptOwner['limits'];
  readonly upgradeLimits: ClientAttemptOwner['limits'];
  /** Whether each backend has connections of its own: the application has not said which to use. */
  readonly ownsConnections: boolean;
  /** How many redirects httpxy follows within one attempt. */
  readonly maxRedirects: number;
  /** Whether httpxy takes the `Location` of answers apart. */
  readonly readsLocation: boolean;
  /** Lower-case names of the headers that the application sets for every backend. */
  readonly #fixedHeaders: ReadonlySet<string>;
  readonly #original: ProxyServer;
  /** Listeners for errors that answer nobody. */
  readonly #onlookers: number;
  readonly #profiles = new WeakMap<HttpBackend, BackendProfile>();
  readonly #host: ProxyHost = { trustsPeer };

  /**
   * @param original http-proxy-middleware's server, whose listeners are told what happens
   * @param onlookers how many of its listeners for errors only write them down
   */
  constructor(
    pool: HttpPool,
    original: ProxyServer,
    attempts: ProxyServer,
    options: Options,
    onlookers: number,
  ) {
    const { agent, headers = {}, upgradeTimeout } = options;
    const { autoRewrite, hostRewrite, protocolRewrite } = options;
    this.pool = pool;
    this.attempts = attempts;
    this.limits = limitsOf(pool);
    this.upgradeLimits =
      upgradeTimeout === undefined
        ? this.limits
        : limitsOf(pool, new Deadlines(upgradeTimeout, pool.clock));
    this.ownsConnections = agent === undefined;
    this.maxRedirects = maxRedirectsOf(options);
    this.readsLocation =
      this.maxRedirects > 0 || Boolean(autoRewrite || hostRewrite || protocolRewrite);
    this.#fixedHeaders = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    this.#original = original;
    this.#onlookers = onlookers;
  }

  /** Whether the application answers errors itself, by `on.error` or a plugin. */
  get handlesErrors(): boolean {
    return this.#original.listenerCount('error') > this.#onlookers;
  }

  /** @param subject the response, or the socket that is upgraded */
  tellError(error: Error, request: IncomingMessage, subject: EventEmitter, target: unknown): void {
    this.#original.emit('error', error, request, subject as ServerResponse, target as URL);
  }

  profileOf(backend: HttpBackend): BackendProfile {
    const known = this.#profiles.get(backend);
    if (known?.config === backend.config) return known;
    const profile = profileOf(backend, this.#fixedHeaders, known);
    this.#profiles.set(backend, profile);
    return profile;
  }

  hostOf(request: IncomingMessage): ProxyHost {
    const view = viewOf(request);
    return view === undefined ? this.#host : { trustsPeer, view };
  }
}

/** As the pool has them at the time; the options may change. */
function limitsOf(pool: HttpPool, head?: Deadlines): ClientAttemptOwner['limits'] {
  return {
    get connect() {
      return pool.connectDeadlines;
    },
    get head() {
      return head ?? pool.headersDeadlines;
    },
    get body() {
      return pool.bodyDeadlines;
    },
    get caller() {
      return pool.callerDeadlines;
    },
    drain: pool.drainDeadlines,
  };
}

/** As httpxy reads it. */
function maxRedirectsOf({ followRedirects = false }: Options): number {
  if (typeof followRedirects === 'number') return followRedirects;
  return followRedirects ? DEFAULT_MAX_REDIRECTS : 0;
}

/** Whether the framework believes a hop before that its caller came by https. */
function trustsPeer(request: IncomingMessage): boolean {
  const { secure } = (viewOf(request) ?? request) as { secure?: boolean };
  return secure === true;
}
