import type { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, RequestListener } from 'node:http';
import type {
  CircuitBreakerOptions,
  LimitConcurrencyOptions,
  PoolOptions,
  ProblemError,
  ProtectOptions,
} from '@spillway/core';
import type {
  EngineOptions,
  HttpPool,
  LivenessOptions,
  ReadinessOptions,
  ShutdownOptions,
  SpillwayStatus,
  Upgrading,
} from '@spillway/node-http';
import type { Certificate } from './certificate.ts';
import type { Handler } from './handler.ts';

/** A framework's middleware. Only the host that made it looks inside. */
export type Middleware = unknown;

/** What an application answers; `undefined` passes the error on to the framework. */
export type SimpleAnswer = { readonly status: number; readonly body: string } | undefined;

/** `createSpillway()`'s object, as far as it is alike in all adapters. */
export interface HostSpillway {
  pool(name: string, options?: PoolOptions): HttpPool;
  reconfigure(name: string, options: object): void;
  proxy(pool: HttpPool, options?: { onReject?: Middleware }): Upgrading;
  limitConcurrency(options: LimitConcurrencyOptions): Middleware;
  circuitBreaker(options: CircuitBreakerOptions): Middleware;
  protect(options: ProtectOptions): Middleware;
  readiness(options?: ReadinessOptions): Middleware;
  liveness(options?: LivenessOptions): Middleware;
  metrics(): Middleware;
  status(): SpillwayStatus;
  shutdown(options?: ShutdownOptions): Promise<void>;
}

export interface HostSpillwayOptions extends EngineOptions {
  readonly onReject?: Middleware;
}

/** What middleware sees once those after it are done. */
export interface AfterNext {
  /** What the framework says was answered. */
  readonly status: number;
  /** Whether the whole answer had been handed to Node by then. */
  readonly handedOver: boolean;
  readonly error: unknown;
}

/** An application of the framework, in the order of the calls. */
export interface HostApp {
  mount(path: string, middleware: Middleware): void;
  /** The framework's usual JSON parser, with `keepRawBody` as that framework has it when asked for. */
  parseJson(options: { readonly keepRawBody: boolean }): void;
  /** Middleware that does this, then calls the next one. */
  before(work: (request: IncomingMessage) => void | Promise<void>): void;
  /** Middleware that runs those behind it in this AsyncLocalStorage, with what `value` gives. */
  store<T>(storage: AsyncLocalStorage<T>, value: (request: IncomingMessage) => T): void;
  /** Middleware that does this after those behind it; absent where these cannot be awaited. */
  around?(work: (seen: AfterNext) => void): void;
  /** A route's own handler. */
  handle(path: string, work: () => string | Promise<string>): void;
  /** A route of any method: these middlewares, then the handler. */
  route(path: string, middleware: readonly Middleware[], handler: Handler): void;
  onError(answer: (error: unknown) => SimpleAnswer): void;
  trustProxy(): void;
  listener(): RequestListener;
}

/** What the conformance suite needs to know of an adapter. */
export interface AdapterHost {
  /** Whether a handler's work is over when its promise settles, or when its response has ended. */
  readonly settles: boolean;
  /**
   * Whether its `keepRawBody` keeps the bytes of the connection, still compressed if they were, or
   * those that the parser was given.
   */
  readonly keepsWireBytes: boolean;
  /** Has the backends of `serve()` speak TLS. */
  readonly certificate?: Certificate;
  createSpillway(options?: HostSpillwayOptions): HostSpillway;
  createApp(): HostApp;
  /** An `onReject` that answers; when it is given `undefined`, that passes the error to the application. */
  onReject(answer: (error: ProblemError) => SimpleAnswer): Middleware;
}
