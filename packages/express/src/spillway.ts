import {
  type CircuitBreakerOptions,
  type LimitConcurrencyOptions,
  type PoolOptions,
  type ProtectOptions,
  read,
} from '@spillway/core';
import {
  Engine,
  type EngineOptions,
  engineOptionShape,
  type HttpPool,
  type LivenessOptions,
  type MetricsRegistry,
  type ReadinessOptions,
  type RequestContext,
  type ShutdownOptions,
  type SpillwayStatus,
} from '@spillway/node-http';
import type { Request, RequestHandler } from 'express';
import { metrics } from './metrics.ts';
import { probe } from './probe.ts';
import { type ProxyOptions, proxy } from './proxy.ts';
import type { OnReject } from './reject.ts';
import { guard } from './route.ts';

declare global {
  namespace Express {
    interface Request {
      /** Of a request that has passed `limitConcurrency`, `circuitBreaker` or `protect`. */
      spillway: RequestContext;
    }
  }
}

export interface SpillwayOptions extends EngineOptions {
  /**
   * Answers callers in place of the `application/problem+json` that Spillway sends.
   * @defaultValue none
   */
  readonly onReject?: OnReject | undefined;
}

/** Traffic management for one Express application. */
export interface Spillway {
  /** Where the metrics are registered. */
  readonly registry: MetricsRegistry;
  /**
   * Middleware that lets `maxCount` requests run at once, and `maxQueueLength` wait.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   * @example
   * app.use('/reports', spillway.limitConcurrency({ maxCount: 20, maxQueueLength: 100 }));
   */
  limitConcurrency(options: LimitConcurrencyOptions<Request>): RequestHandler;
  /**
   * Middleware that lets no request through for a while once too many have failed.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   * @example
   * app.use('/search', spillway.circuitBreaker({ failurePercentage: 50, timeoutMs: 2_000 }));
   */
  circuitBreaker(options: CircuitBreakerOptions): RequestHandler;
  /**
   * A limit, a breaker and a time limit in one: the breaker is asked before the queue and after it.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   */
  protect(options: ProtectOptions<Request>): RequestHandler;
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
   * Middleware that forwards requests through a pool: the path after the mount path is appended to
   * the backend's own.
   */
  proxy(pool: HttpPool, options?: ProxyOptions): RequestHandler;
  /** Answers 200 while load can be taken, 429 when a queue is too long, 503 when something is broken. */
  readiness(options?: ReadinessOptions): RequestHandler;
  /** Answers 200 unless a check fails: 503. */
  liveness(options?: LivenessOptions): RequestHandler;
  /** Answers with all metrics of the registry, in Prometheus' text format. */
  metrics(): RequestHandler;
  /** The state of everything, as one plain object without credentials. */
  status(): SpillwayStatus;
  /** Stops taking requests, lets what runs end in time, and closes what is left. */
  shutdown(options?: ShutdownOptions): Promise<void>;
}

const readOptions = read.object<SpillwayOptions>({
  ...engineOptionShape,
  onReject: read.optional(read.callable<OnReject>()),
});

/**
 * Makes the one object that a service needs. Every option has a default.
 * @throws ConfigurationError when an option is unknown or of the wrong type
 */
export function createSpillway(options: SpillwayOptions = {}): Spillway {
  const { onReject, ...engineOptions } = readOptions(options, 'createSpillway');
  const engine = new Engine(engineOptions);
  return {
    registry: engine.registry,
    limitConcurrency: (given) => guard(engine.route('limitConcurrency', given), onReject),
    circuitBreaker: (given) => guard(engine.route('circuitBreaker', given), onReject),
    protect: (given) => guard(engine.route('protect', given), onReject),
    pool: (name, poolOptions) => engine.pool(name, poolOptions),
    proxy: (pool, proxyOptions) => proxy(pool, { onReject, ...proxyOptions }),
    readiness: (given) => probe(engine.readiness(given)),
    liveness: (given) => probe(engine.liveness(given)),
    metrics: () => metrics(engine.registry),
    status: () => engine.status(),
    shutdown: (shutdownOptions) => engine.shutdown(shutdownOptions),
  };
}
