export {
  type AffinityOptions,
  type BackendOptions,
  type BackendStatus,
  type BreakerOptions,
  type BreakerStatus,
  type CircuitBreakerOptions,
  type Clock,
  ConfigurationError,
  type CookieOptions,
  type GateOptions,
  type GateStatus,
  isSpillwayError,
  type LimitConcurrencyOptions,
  type Logger,
  type PoolEvents,
  type PoolOptions,
  type PoolStatus,
  type ProblemCode,
  ProblemError,
  type ProtectOptions,
  type QueueOptions,
  type Random,
  RejectedError,
  type RemoveOptions,
  type RetryOptions,
  type Shares,
  SpillwayError,
  type TimeoutOptions,
  type Timer,
  UpstreamError,
} from '@spillway/core';
export type {
  HttpPool,
  ProblemBody,
  ShutdownOptions,
  SpillwayStatus,
} from '@spillway/node-http';
export { keepRawBody } from './keep-raw-body.ts';
export type { ProxyOptions } from './proxy.ts';
export type { OnReject } from './reject.ts';
export { createSpillway, type Spillway, type SpillwayOptions } from './spillway.ts';
