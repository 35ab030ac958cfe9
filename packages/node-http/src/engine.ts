import type { Server } from 'node:http';
import {
  type Clock,
  ConfigurationError,
  type Logger,
  type PoolOptions,
  type PoolStatus,
  poolMetrics,
  type Random,
  read,
  silentLogger,
  systemClock,
} from '@spillway/core';
import { Registry } from 'prom-client';
import { HttpPool } from './http-pool.ts';
import { type MetricsRegistry, register } from './metrics.ts';
import { closeServer } from './server.ts';

export interface EngineOptions {
  /**
   * A prom-client registry, to show Spillway's metrics among the application's own.
   * @defaultValue a registry of its own
   */
  readonly registry?: MetricsRegistry | undefined;
  /**
   * Told of trips and recoveries; `console` will do.
   * @defaultValue silent
   */
  readonly logger?: Logger | undefined;
  /** @defaultValue the process's monotonic clock and timers */
  readonly clock?: Clock | undefined;
  /** @defaultValue `Math.random` */
  readonly random?: Random | undefined;
}

export interface ShutdownOptions {
  /** Stops accepting connections; those that are idle are closed. */
  readonly server?: Server | undefined;
  /**
   * How long new requests are still taken, so that a balancer can see the failing readiness probe
   * first, in milliseconds.
   * @defaultValue 0
   */
  readonly readinessDelayMs?: number | undefined;
  /**
   * How long running requests may take to end, counted from then, in milliseconds. What is left is
   * answered with 503, or cut off when its answer has begun.
   * @defaultValue 30_000
   */
  readonly timeoutMs?: number | undefined;
}

/** One plain object with the state of everything. */
export interface SpillwayStatus {
  readonly shuttingDown: boolean;
  readonly pools: Readonly<Record<string, PoolStatus>>;
}

/** For adapters, which read their own options beside the engine's. */
export const engineOptionShape: read.Shape<EngineOptions> = {
  registry: read.optional(read.having<MetricsRegistry>('registerMetric', 'metrics')),
  logger: read.optional(read.having<Logger>('info', 'warn', 'error')),
  clock: read.optional(read.having<Clock>('now', 'setTimer')),
  random: read.optional(read.callable<Random>()),
};

const readEngineOptions = read.object(engineOptionShape);

const readShutdownOptions = read.object({
  server: read.optional(
    read.having<Server>('close', 'closeIdleConnections', 'closeAllConnections'),
  ),
  readinessDelayMs: read.optional(read.nonNegativeMs, 0),
  timeoutMs: read.optional(read.nonNegativeMs, 30_000),
});

/** What one `createSpillway()` owns: its pools, their metrics, and the end of them all. */
export class Engine {
  readonly registry: MetricsRegistry;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pools = new Map<string, HttpPool>();
  #shutdown: Promise<void> | undefined;

  /** @throws ConfigurationError when an option is unknown or of the wrong type */
  constructor(options: EngineOptions = {}) {
    const given = readEngineOptions(options, 'createSpillway');
    this.registry = given.registry ?? new Registry();
    this.#logger = given.logger ?? silentLogger;
    this.#clock = given.clock ?? systemClock;
    this.#random = given.random ?? Math.random;
    register(
      this.registry,
      poolMetrics(() => this.#pools.values()),
    );
  }

  pool(name: string, options: PoolOptions): HttpPool {
    if (this.#shutdown !== undefined) {
      throw new ConfigurationError(`pool(${name})`, 'cannot be made after shutdown()');
    }
    if (this.#pools.has(name)) {
      throw new ConfigurationError(
        `pool(${name})`,
        'has been made already: every pool needs a name of its own',
      );
    }
    const context = { clock: this.#clock, random: this.#random };
    const pool = new HttpPool(name, options, context);
    pool.on('trip', (trip) => this.#logger.warn('backend tripped', { pool: name, ...trip }));
    pool.on('recover', (event) => this.#logger.info('backend recovered', { pool: name, ...event }));
    this.#pools.set(name, pool);
    return pool;
  }

  status(): SpillwayStatus {
    const pools = Array.from(this.#pools, ([name, pool]) => [name, pool.status()] as const);
    return { shuttingDown: this.#shutdown !== undefined, pools: Object.fromEntries(pools) };
  }

  /** Ends everything in order; a second call waits for the first. */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    if ('listen' in options) {
      throw new ConfigurationError('shutdown', 'takes an object of options: give it { server }');
    }
    const { server, readinessDelayMs, timeoutMs } = readShutdownOptions(options, 'shutdown');
    this.#shutdown ??= this.#end(server, readinessDelayMs, timeoutMs);
    return this.#shutdown;
  }

  async #end(server: Server | undefined, delayMs: number, timeoutMs: number): Promise<void> {
    if (delayMs > 0) await this.#after(delayMs).passed;
    const pools = [...this.#pools.values()];
    const closing = server && closeServer(server, this.#clock);
    // Connections that are open may still bring requests while the server winds down.
    if (server === undefined) for (const pool of pools) pool.close();
    else for (const pool of pools) pool.windDown();
    const limit = this.#after(timeoutMs);
    const ended = Promise.all([closing?.closed, ...pools.map((pool) => pool.idle())]);
    await Promise.race([ended, limit.passed]);
    limit.cancel();
    await Promise.all(pools.map((pool) => pool.destroy()));
    await closing?.cut();
  }

  #after(delayMs: number): { passed: Promise<void>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.setTimer(resolve, delayMs);
    return { passed: promise, cancel: () => timer.cancel() };
  }
}
