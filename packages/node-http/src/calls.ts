import type {
  CircuitBreakerOptions,
  LimitConcurrencyOptions,
  PoolOptions,
  ProtectOptions,
} from '@spillway/core';
import type { Engine, SpillwayStatus } from './engine.ts';
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
  limitConcurrency(options: LimitConcurrencyOptions<R>): M;
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
  protect(options: ProtectOptions<R>): M;
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
   */
  pool(name: string, options: PoolOptions): HttpPool;
  /**
   * Middleware that forwards requests through a pool: what follows the mount path is appended to the
   * path of the backend's URL. Its `upgrade` does so for WebSockets.
   */
  proxy(pool: HttpPool, options?: P): M & Upgrading;
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

/** How a framework's adapter makes middleware. */
export interface MiddlewareMaker<M, P> {
  guard(route: GuardedRoute): M;
  proxy(pool: HttpPool, options: P | undefined): M & Upgrading;
  probe(ask: Probe): M;
  metrics(registry: MetricsRegistry): M;
}

/** The calls of one engine, in a framework's middleware. */
export function callsOf<M, R, P>(
  engine: Engine,
  make: MiddlewareMaker<M, P>,
): SpillwayCalls<M, R, P> {
  return {
    registry: engine.registry,
    limitConcurrency: (options) => make.guard(engine.route('limitConcurrency', options)),
    circuitBreaker: (options) => make.guard(engine.route('circuitBreaker', options)),
    protect: (options) => make.guard(engine.route('protect', options)),
    pool: (name, options) => engine.pool(name, options),
    proxy: (pool, options) => make.proxy(pool, options),
    readiness: (options) => make.probe(engine.readiness(options)),
    liveness: (options) => make.probe(engine.liveness(options)),
    metrics: () => make.metrics(engine.registry),
    status: () => engine.status(),
    shutdown: (options) => engine.shutdown(options),
  };
}
