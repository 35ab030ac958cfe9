import type { IncomingMessage, RequestListener } from 'node:http';
import type { PoolOptions, ProblemError } from '@spillway/core';
import type { EngineOptions, HttpPool, ShutdownOptions, SpillwayStatus } from '@spillway/node-http';

/** A framework's middleware. Only the host that made it looks inside. */
export type Middleware = unknown;

/** What an application answers; `undefined` passes the error on to the framework. */
export type SimpleAnswer = { readonly status: number; readonly body: string } | undefined;

/** `createSpillway()`'s object, as far as it is alike in all adapters. */
export interface HostSpillway {
  pool(name: string, options: PoolOptions): HttpPool;
  proxy(pool: HttpPool, options?: { onReject?: Middleware }): Middleware;
  metrics(): Middleware;
  status(): SpillwayStatus;
  shutdown(options?: ShutdownOptions): Promise<void>;
}

export interface HostSpillwayOptions extends EngineOptions {
  readonly onReject?: Middleware;
}

/** An application of the framework, in the order of the calls. */
export interface HostApp {
  mount(path: string, middleware: Middleware): void;
  /** The framework's usual JSON parser, with `verify: keepRawBody` (or its like) when asked for. */
  parseJson(options: { readonly keepRawBody: boolean }): void;
  /** Middleware that does this, then calls the next one. */
  before(work: (request: IncomingMessage) => void | Promise<void>): void;
  /** A route's own handler. */
  handle(path: string, work: () => string | Promise<string>): void;
  onError(answer: (error: unknown) => SimpleAnswer): void;
  trustProxy(): void;
  listener(): RequestListener;
}

/** What the conformance suite needs to know of an adapter. */
export interface AdapterHost {
  createSpillway(options?: HostSpillwayOptions): HostSpillway;
  createApp(): HostApp;
  /** An `onReject` that answers; when it is given `undefined`, that passes the error to the application. */
  onReject(answer: (error: ProblemError) => SimpleAnswer): Middleware;
}
