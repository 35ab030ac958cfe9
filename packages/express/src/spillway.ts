import { read } from '@spillway/core';
import {
  callsOf,
  Engine,
  type EngineOptions,
  engineOptionShape,
  type RequestContext,
  type SpillwayCalls,
} from '@spillway/node-http';
import type { Request, RequestHandler } from 'express';
import { handle } from './handle.ts';
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
export type Spillway = SpillwayCalls<RequestHandler, Request, ProxyOptions>;

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
  return callsOf(new Engine(engineOptions), {
    guard: (route) => guard(route, onReject),
    proxy: (pool, proxyOptions) => proxy(pool, { onReject, ...proxyOptions }),
    probe,
    metrics,
    handle,
  });
}
