import { type PoolOptions, read } from '@spillway/core';
import {
  Engine,
  type EngineOptions,
  engineOptionShape,
  type HttpPool,
  type MetricsRegistry,
  type ShutdownOptions,
  type SpillwayStatus,
} from '@spillway/node-http';
import type { RequestHandler } from 'express';
import { metrics } from './metrics.ts';
import { type OnReject, type ProxyOptions, proxy } from './proxy.ts';

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
    pool: (name, poolOptions) => engine.pool(name, poolOptions),
    proxy: (pool, proxyOptions) => proxy(pool, { onReject, ...proxyOptions }),
    metrics: () => metrics(engine.registry),
    status: () => engine.status(),
    shutdown: (shutdownOptions) => engine.shutdown(shutdownOptions),
  };
}
