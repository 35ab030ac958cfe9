export {
  type AffinityOptions,
  type BackendOptions,
  type BackendStatus,
  type BreakerOptions,
  type Clock,
  ConfigurationError,
  isSpillwayError,
  type Logger,
  type PoolEvents,
  type PoolOptions,
  type PoolStatus,
  type ProblemCode,
  ProblemError,
  type QueueOptions,
  type Random,
  RejectedError,
  type RetryOptions,
  SpillwayError,
  type TimeoutOptions,
  type Timer,
  UpstreamError,
} from '@spillway/core';
export {
  type HttpPool,
  keepRawBody,
  type ProblemBody,
  type ShutdownOptions,
  type SpillwayStatus,
} from '@spillway/node-http';
export type { OnReject, ProxyOptions } from './proxy.ts';
export { createSpillway, type Spillway, type SpillwayOptions } from './spillway.ts';
