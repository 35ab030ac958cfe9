import type {
  BreakerControl,
  CircuitBreakerOptions,
  GateOptions,
  LimitConcurrencyOptions,
  PoolOptions,
  ProtectOptions,
} from '@spillway/core';
import type { Engine, SpillwayStatus } from './engine.ts';
import type { NodeHandler } from './handed.ts';
import type { HttpPool } from './http-pool.ts';
import type { MetricsRegistry } from './metrics.ts';
import type { LivenessOptions } from './probes/liveness.ts';
import type { Probe } from './probes/probe.ts';
import type { ReadinessOptions } from './probes/readiness.ts';
import type { Upgrading } from './proxy/upgrade.ts';
import type { GuardedRoute } from './route/guarded-route.ts';
import type { ShutdownOptions } from './shutdown.ts';

/**
 * What `createSpillway()` gives, alike in every framework.
 * @typeParam M the framework's middleware
 * @typeParam R its requests
 * @typeParam P the options of its `proxy`
 */
export interface SpillwayCalls<M, R, P> {
  /** Where the metrics are registered. */
  readonly registry: MetricsRegistry;
  /**
   * Middleware that lets `maxCount` requests run at once, and `maxQueueLength` wait.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   * @example
   * const limit = spillway.limitConcurrency({ maxCount: 20, maxQueueLength: 100 });
   */
  limitConcurrency(options: LimitConcurrencyOptions<R> | Named<LimitConcurrencyOptions<R>>): M;
  /**
   * Middleware that lets no request through for a while once too many have failed.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   * @example
   * const breaker = spillway.circuitBreaker({ failurePercentage: 50, timeoutMs: 2_000 });
   */
  circuitBreaker(options: CircuitBreakerOptions): M;
  /**
   * A limit, a breaker and a time limit in one: the breaker is asked before the queue and after it.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   */
  protect(options: ProtectOptions<R> | NamedProtection<R>): M;
  /**
   * Backends that can serve the same requests.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   * @example
   * const chat = spillway.pool('chat', {
   *   backends: [
   *     { id: 'ptu', url: 'https://ptu.example', priority: 1 },
   *     { id: 'payg', url: 'https://payg.example', priority: 2 },
   *   ],
   * });
   * @param options may leave out what the option `config` of `createSpillway` has of that name
   */
  pool(name: string, options?: Partial<PoolOptions>): HttpPool;
  /**
   * Gives a route or a pool other options while it serves; all of them, as it was made with. What runs
   * ends under those that it began with.
   * @throws ConfigurationError when there is none of that name, or an option is wrong or cannot change;
   * all stays then
   * @throws ConflictError after `shutdown()`
   */
  reconfigure(name: string, options: RouteOptions<R> | PoolOptions): void;
  /**
   * Middleware that forwards requests through a pool: what follows the mount path is appended to the
   * path of the backend's URL. Its `upgrade` does so for WebSockets.
   */
  proxy(pool: HttpPool, options?: P): M & Upgrading;
  /**
   * The breaker of a route, to trip and to close it by hand. A backend's is `pool.breaker(id)`.
   * @throws ConfigurationError when no route of that name has one
   * @example
   * spillway.breaker('reports').trip({ durationMs: 60_000 });
   */
  breaker(name: string): BreakerControl;
  /** Answers 200 while load can be taken, 429 when a queue is too long, 503 when something is broken. */
  readiness(options?: ReadinessOptions): M;
  /** Answers 200 unless a check fails: 503. */
  liveness(options?: LivenessOptions): M;
  /** Answers with all metrics of the registry, in Prometheus' text format. */
  metrics(): M;
  /** The state of everything, as one plain object without credentials. */
  status(): SpillwayStatus;
  /** Stops taking requests, lets what runs end in time, and closes what is left. */
  shutdown(options?: ShutdownOptions): Promise<void>;
}

/** The options of any route. */
export type RouteOptions<R> =
  | LimitConcurrencyOptions<R>
  | CircuitBreakerOptions
  | ProtectOptions<R>;

/** Options of which the option `config` of `createSpillway` has the others. */
export type Named<O> = Partial<O> & { readonly name: string };

/** {@link Named} for `protect`. */
export type NamedProtection<R> = Named<Omit<ProtectOptions<R>, 'concurrency'>> & {
  readonly concurrency?: Partial<GateOptions<R>> | undefined;
};

/** How a framework's adapter makes middleware. */
export interface MiddlewareMaker<M, R, P> {
  guard(route: GuardedRoute): M;
  proxy(pool: HttpPool, options: P | undefined): M & Upgrading;
  probe(ask: Probe): M;
  metrics(registry: MetricsRegistry): M;
  /** Has the handler answer every request that gets here. */
  handle(handler: NodeHandler<R>): M;
}

const PARTS = Symbol.for('spillway.parts');

/** What stands behind the object that `createSpillway()` gives, for packages that add to it. */
export interface SpillwayParts<M, R> {
  readonly engine: Engine;
  /** Middleware of the framework that it was made for. */
  handle(handler: NodeHandler<R>): M;
}

/** `undefined` of what `createSpillway()` has not made; of another copy of this package it does, too. */
export function partsOf<M, R, P>(
  spillway: SpillwayCalls<M, R, P>,
): SpillwayParts<M, R> | undefined {
  return (spillway as { [PARTS]?: SpillwayParts<M, R> } | undefined | null)?.[PARTS];
}

/** The calls of one engine, in a framework's middleware. */
export function callsOf<M, R, P>(
  engine: Engine,
  make: MiddlewareMaker<M, R, P>,
): SpillwayCalls<M, R, P> {
  const parts: SpillwayParts<M, R> = { engine, handle: (handler) => make.handle(handler) };
  const calls: SpillwayCalls<M, R, P> = {
    registry: engine.registry,
    limitConcurrency: (options) => make.guard(engine.route('limitConcurrency', options)),
    circuitBreaker: (options) => make.guard(engine.route('circuitBreaker', options)),
    protect: (options) => make.guard(engine.route('protect', options)),
    pool: (name, options) => engine.pool(name, options),
    reconfigure: (name, options) => engine.reconfigure(name, options),
    proxy: (pool, options) => make.proxy(pool, options),
    breaker: (name) => engine.breaker(name),
    readiness: (options) => make.probe(engine.readiness(options)),
    liveness: (options) => make.probe(engine.liveness(options)),
    metrics: () => make.metrics(engine.registry),
    status: () => engine.status(),
    shutdown: (options) => engine.shutdown(options),
  };
  Object.defineProperty(calls, PARTS, { value: parts });
  return calls;
}
