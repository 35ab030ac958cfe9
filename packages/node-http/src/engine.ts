import { EventEmitter } from 'node:events';
import {
  type BreakerControl,
  type BreakerEvents,
  type BreakerStatus,
  type Clock,
  type Configurable,
  type Configuration,
  ConfigurationError,
  ConflictError,
  type Coordinator,
  type GateStatus,
  type Logger,
  metricFamilies,
  type PolicyCall,
  type PoolOptions,
  type PoolStatus,
  type Random,
  type RouteCall,
  type RouteRejections,
  read,
  readRouteOptions,
  registerFamilies,
  type ServiceLevelStatus,
  silentLogger,
  systemClock,
  type Trip,
  tell,
  unfailing,
} from '@spillway/core';
import { Registry } from 'prom-client';
import { HttpPool } from './http-pool.ts';
import type { MetricsRegistry } from './metrics.ts';
import { createLiveness, type LivenessOptions } from './probes/liveness.ts';
import type { Probe } from './probes/probe.ts';
import {
  createReadiness,
  type ReadinessContext,
  type ReadinessOptions,
} from './probes/readiness.ts';
import { Processor, type ProcessorStatus } from './processor.ts';
import { GuardedRoute } from './route/guarded-route.ts';
import { readShutdownOptions, type ShutdownOptions, shutDown } from './shutdown.ts';

export interface EngineOptions {
  /**
   * A prom-client registry, to show Spillway's metrics among the application's own.
   * @defaultValue a registry of its own
   */
  readonly registry?: MetricsRegistry | undefined;
  /**
   * Told of trips, recoveries and checks that fail; `console` will do.
   * @defaultValue silent
   */
  readonly logger?: Logger | undefined;
  /** @defaultValue the process's monotonic clock and timers */
  readonly clock?: Clock | undefined;
  /** @defaultValue `Math.random` */
  readonly random?: Random | undefined;
  /**
   * Makes limits hold for all instances of the service together; of `@spillway/redis`, for example.
   * It belongs to this `createSpillway`, and is closed by its `shutdown`.
   * @defaultValue none: each process has limits of its own
   */
  readonly coordinator?: Coordinator | undefined;
  /**
   * Has options of policies, by name, which may change while the service runs; of `@spillway/config`,
   * for example. It belongs to this `createSpillway`, and is closed by its `shutdown`.
   * @defaultValue none: the code has them all
   */
  readonly config?: Configuration | undefined;
}

/** One plain object with the state of everything, by name. */
export interface SpillwayStatus {
  readonly shuttingDown: boolean;
  /** What `limitConcurrency` and `protect` limit. */
  readonly gates: Readonly<Record<string, GateStatus & RouteRejections>>;
  /** Those of routes; a backend's stands with the backend. */
  readonly breakers: Readonly<Record<string, BreakerStatus & RouteRejections>>;
  readonly pools: Readonly<Record<string, PoolStatus>>;
  /** How callers fare, of pools and of routes. */
  readonly requests: Readonly<Record<string, ServiceLevelStatus>>;
  /** Of this process. */
  readonly processor: ProcessorStatus;
}

/** For adapters, which read their own options beside the engine's. */
export const engineOptionShape: read.Shape<EngineOptions> = {
  registry: read.optional(read.having<MetricsRegistry>('registerMetric', 'metrics')),
  logger: read.optional(read.having<Logger>('info', 'warn', 'error')),
  clock: read.optional(read.having<Clock>('now', 'setTimer')),
  random: read.optional(read.callable<Random>()),
  coordinator: read.optional(
    read.having<Coordinator>('slots', 'traffic', 'breaker', 'join', 'close'),
  ),
  config: read.optional(read.having<Configuration>('join', 'configure', 'close')),
};

/** What an engine tells its listeners, by event name. */
export interface EngineEvents {
  /** A pool was made. */
  pool: [HttpPool];
  /** A route's breaker tripped. */
  trip: [{ policy: string } & Trip];
  /** A route's breaker is closed again. */
  recover: [{ policy: string }];
  /** Shutting down has begun: unready from now on, and requests are still taken. */
  shutdown: [];
  /** No new connections are taken from now on: what holds one open without end should end. */
  closing: [];
}

const readEngineOptions = read.object(engineOptionShape);

/** What one `createSpillway()` owns: its policies, their metrics, and the end of them all. */
export class Engine extends EventEmitter<EngineEvents> implements ReadinessContext {
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pools = new Map<string, HttpPool>();
  readonly routes = new Map<string, GuardedRoute>();
  readonly #random: Random;
  readonly #processor: Processor;
  readonly #coordinator: Coordinator | undefined;
  readonly #config: Configuration | undefined;
  #shutdown: Promise<void> | undefined;
  #shuttingDown = false;

  /** @throws ConfigurationError when an option is unknown or of the wrong type */
  constructor(options: EngineOptions = {}) {
    super();
    const given = readEngineOptions(options, 'createSpillway');
    this.registry = given.registry ?? new Registry();
    this.logger = unfailing(given.logger ?? silentLogger);
    this.clock = given.clock ?? systemClock;
    this.#random = given.random ?? Math.random;
    this.#coordinator = given.coordinator;
    this.#coordinator?.join({ logger: this.logger });
    this.#config = given.config;
    this.#config?.join({ logger: this.logger, clock: this.clock });
    this.#processor = new Processor(this.clock.now());
    registerFamilies(
      this.registry,
      [
        ...metricFamilies(
          () => this.pools.values(),
          () => this.routes.values(),
        ),
        this.#processor.family(this.clock),
      ],
      'createSpillway.registry',
    );
  }

  get shuttingDown(): boolean {
    return this.#shuttingDown;
  }

  pool(name: string, options?: Partial<PoolOptions>): HttpPool {
    this.#claim(`pool(${name})`, name);
    const context = { clock: this.clock, random: this.#random, coordinator: this.#coordinator };
    const make = (all: unknown) => new HttpPool(name, all as PoolOptions, context);
    const pool = this.#configure('pool', name, options, make);
    pool.on('trip', (trip) => this.logger.warn('backend tripped', { pool: name, ...trip }));
    pool.on('recover', (event) => this.logger.info('backend recovered', { pool: name, ...event }));
    this.pools.set(name, pool);
    this.#tell('pool', pool);
    return pool;
  }

  /**
   * What `limitConcurrency`, `circuitBreaker` and `protect` are made of.
   * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
   */
  route(call: RouteCall, options: { readonly name?: string | undefined }): GuardedRoute {
    const given = options?.name;
    const path = typeof given === 'string' ? `${call}(${given})` : call;
    const make = (all: unknown) => {
      const config = readRouteOptions[call](all, path);
      const name = config.name ?? this.#freeName(call);
      this.#claim(path, name);
      const events: BreakerEvents = {
        onTrip: (trip) => {
          this.logger.warn('route tripped', { policy: name, ...trip });
          this.#tell('trip', { policy: name, ...trip });
        },
        onClose: () => {
          this.logger.info('route recovered', { policy: name });
          this.#tell('recover', { policy: name });
        },
      };
      return new GuardedRoute(name, config, this.clock, events, this.#coordinator);
    };
    const route = this.#configure(call, given, options, make);
    this.routes.set(route.name, route);
    return route;
  }

  /**
   * The breaker of a route, to trip and to close it by hand.
   * @throws ConfigurationError when no route of that name has one
   */
  breaker(name: string): BreakerControl {
    const breaker = this.routes.get(name)?.breaker;
    if (breaker !== undefined) return breaker;
    throw new ConfigurationError('breaker', 'must name a route that has a breaker', name);
  }

  /**
   * Gives a route or a pool other options while it serves; all of them, as it was made with.
   * @throws ConfigurationError when there is none of that name, or an option is wrong or cannot change
   * @throws ConflictError after `shutdown()`
   */
  reconfigure(name: string, options: object): void {
    if (this.shuttingDown) {
      throw new ConflictError('reconfigure', 'cannot be done after shutdown()');
    }
    const policy = this.routes.get(name) ?? this.pools.get(name);
    if (policy === undefined) {
      const names = [...this.routes.keys(), ...this.pools.keys()].join(', ');
      throw new ConfigurationError('reconfigure', `must name one of: ${names}`, name);
    }
    const change = policy.plan(options);
    change.apply();
    change.settle();
  }

  readiness(options: ReadinessOptions = {}): Probe {
    return createReadiness(this, options);
  }

  liveness(options: LivenessOptions = {}): Probe {
    return createLiveness(this, options);
  }

  status(): SpillwayStatus {
    const now = this.clock.now();
    return {
      shuttingDown: this.shuttingDown,
      gates: byName(this.routes, (route) => route.gateStatus()),
      breakers: byName(this.routes, (route) => route.breakerStatus()),
      pools: byName(this.pools, (pool) => pool.status()),
      requests: byName(
        new Map<string, HttpPool | GuardedRoute>([...this.pools, ...this.routes]),
        ({ level }) => level.status(now),
      ),
      processor: this.#processor.status(now),
    };
  }

  /** Ends everything in order; a second call waits for the first. */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    const given = readShutdownOptions(options, 'shutdown');
    this.#shutdown ??= this.#shutDown(given);
    return this.#shutdown;
  }

  async #shutDown(options: ReturnType<typeof readShutdownOptions>): Promise<void> {
    const policies = [...this.routes.values(), ...this.pools.values()];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#shuttingDown = true;
    this.#config?.close(ended);
    this.#tell('shutdown');
    try {
      await shutDown(options, policies, this.clock, () => this.#tell('closing'));
      await this.#coordinator?.close();
    } finally {
      end();
    }
  }

  #tell<E extends keyof EngineEvents>(name: E, ...event: EngineEvents[E]): void {
    tell(() => (this as EventEmitter).emit(name, ...event));
  }

  #configure<P extends Configurable>(
    call: PolicyCall,
    name: string | undefined,
    given: unknown,
    make: (options: unknown) => P,
  ): P {
    return this.#config === undefined
      ? make(given)
      : this.#config.configure(call, name, given, make);
  }

  /** One namespace for all: their metrics share the label `policy`. */
  #claim(path: string, name: string): void {
    if (this.shuttingDown) throw new ConfigurationError(path, 'cannot be made after shutdown()');
    if (this.#isTaken(name)) {
      const rule = 'must have a name that no other policy has';
      throw new ConfigurationError(path, rule, name);
    }
  }

  #isTaken(name: string): boolean {
    return this.pools.has(name) || this.routes.has(name);
  }

  #freeName(call: RouteCall): string {
    let name: string = call;
    for (let number = 2; this.#isTaken(name); number++) name = `${call}-${number}`;
    return name;
  }
}

function byName<P, S>(
  policies: ReadonlyMap<string, P>,
  statusOf: (policy: P) => S | undefined,
): Record<string, S> {
  const statuses = Array.from(policies, ([name, policy]) => [name, statusOf(policy)] as const);
  return Object.fromEntries(
    statuses.filter((entry): entry is [string, S] => entry[1] !== undefined),
  );
}
