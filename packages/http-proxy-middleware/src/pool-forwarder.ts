import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Deadlines, RejectedError } from '@spillway/core';
import {
  type HttpBackend,
  type HttpPool,
  isAnswering,
  type ProxyHost,
  prepareConnection,
  responseOn,
  targetPath,
  upgradeFault,
  viewOf,
} from '@spillway/node-http';
import type { Options } from 'http-proxy-middleware';
import { type BackendProfile, profileOf } from './backend-profile.ts';
import type { ClientAttemptOwner } from './client-attempt.ts';
import { exchangeOf } from './client-exchange.ts';
import { type AttemptListener, attemptServer, type ProxyServer } from './proxy-server.ts';
import { SocketExchange } from './socket-exchange.ts';
import { WebExchange } from './web-exchange.ts';

const DEFAULT_MAX_REDIRECTS = 5;

/** In a pool's place, the server that http-proxy-middleware hands its requests to. */
export class PoolForwarder implements AttemptListener {
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

  /** @param onlookers how many listeners for errors only write them down */
  constructor(pool: HttpPool, original: ProxyServer, options: Options, onlookers: number) {
    const { agent, followRedirects = false, headers = {}, upgradeTimeout } = options;
    this.pool = pool;
    this.attempts = attemptServer(original, this);
    this.limits = {
      connect: pool.connectDeadlines,
      head: pool.headersDeadlines,
      body: pool.bodyDeadlines,
      drain: pool.drainDeadlines,
    };
    this.upgradeLimits =
      upgradeTimeout === undefined
        ? this.limits
        : { ...this.limits, head: new Deadlines(upgradeTimeout, pool.clock) };
    this.ownsConnections = agent === undefined;
    this.maxRedirects =
      typeof followRedirects === 'number'
        ? followRedirects
        : followRedirects
          ? DEFAULT_MAX_REDIRECTS
          : 0;
    const { autoRewrite, hostRewrite, protocolRewrite } = options;
    this.readsLocation =
      this.maxRedirects > 0 || Boolean(autoRewrite || hostRewrite || protocolRewrite);
    this.#fixedHeaders = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    this.#original = original;
    this.#onlookers = onlookers;
  }

  web(request: IncomingMessage, response: ServerResponse, options: Options): Promise<void> {
    const fault = judgePath(request, options);
    // This hop has said it already, and httpxy tells nobody of a request that asks for it again.
    if (request.headers.expect !== undefined) delete request.headers.expect;
    const exchange = new WebExchange(this, request, response, options);
    if (fault !== undefined) return exchange.decline(this.#badRequest(fault));
    return exchange.serve();
  }

  ws(request: IncomingMessage, socket: Socket, options: Options, head: Buffer): Promise<void> {
    prepareConnection(socket);
    if (isAnswering(socket)) {
      socket.destroy();
      return Promise.resolve();
    }
    const fault = upgradeFault(request) ?? judgePath(request, options);
    // Its own would destroy the caller's socket with the attempt.
    delete options.upgradeTimeout;
    const response = responseOn(socket, request);
    try {
      const exchange = new SocketExchange(this, request, response, socket, head, options);
      if (fault !== undefined) return exchange.decline(this.#badRequest(fault));
      return exchange.serve();
    } catch (error) {
      response.writeHead(500).end();
      throw error;
    }
  }

  /** Whether the application answers errors itself, by `on.error` or a plugin. */
  get handlesErrors(): boolean {
    return this.#original.listenerCount('error') > this.#onlookers;
  }

  tellError(error: Error, request: IncomingMessage, subject: unknown, target: unknown): void {
    this.#original.emit('error', error, request, subject as ServerResponse, target as URL);
  }

  profileOf(backend: HttpBackend): BackendProfile {
    let profile = this.#profiles.get(backend);
    if (profile === undefined) {
      profile = profileOf(backend, this.#fixedHeaders);
      this.#profiles.set(backend, profile);
    }
    return profile;
  }

  hostOf(request: IncomingMessage): ProxyHost {
    const view = viewOf(request);
    return view === undefined ? this.#host : { trustsPeer, view };
  }

  failed(error: Error, request: IncomingMessage, _subject: unknown, target: unknown): void {
    exchangeOf(request)?.httpxyFailed(error, target);
  }

  #badRequest(detail: string): RejectedError {
    return new RejectedError('bad_request', { policy: this.pool.name, detail });
  }
}

/** Whether the framework believes a hop before that its caller came by https. */
function trustsPeer(request: IncomingMessage): boolean {
  const { secure } = (viewOf(request) ?? request) as { secure?: boolean };
  return secure === true;
}

/** Filters read a path as a URL (WHATWG): what follows two slashes is a host, and `\\` is a slash. */
const READ_OTHERWISE = /^\/[/\\]|^[^?]*\\/;

/**
 * What the filter and the rewriting rules have seen is what a backend must get. A path that would
 * be resolved to another one (dots, however they are encoded, or a whole URL) is resolved here where
 * nobody has judged it, and refused where somebody has.
 */
function judgePath(request: IncomingMessage, options: Options): string | undefined {
  const { url = '/' } = request;
  if (options.toProxy) return undefined;
  const given = url === '' || url.startsWith('?') ? `/${url}` : url;
  const path = targetPath('', given);
  if (path === given && (options.pathFilter === undefined || !READ_OTHERWISE.test(path))) {
    return undefined;
  }
  if (options.pathFilter !== undefined || options.pathRewrite !== undefined) {
    return 'its path would be resolved to another one than was judged';
  }
  request.url = path;
  return undefined;
}
