export type { AnswerHeaders } from './asked-wait.ts';
export type {
  BreakerControl,
  BreakerEvents,
  BreakerState,
  TripOptions,
} from './breaker/breaker.ts';
export type { BreakerOptions } from './breaker/rule.ts';
export type { BreakerHooks, SharedBreaker } from './breaker/shared-breaker.ts';
export type { Trip } from './breaker/trip.ts';
export { type Clock, type Random, systemClock, type Timer } from './clock.ts';
export type { Configurable, Configuration, PolicyCall } from './configuration.ts';
export type { Coordinator } from './coordinator.ts';
export { Deadlines, type Expiring, stopDeadline } from './deadlines.ts';
export {
  ConfigurationError,
  ConflictError,
  isSpillwayError,
  type ProblemCode,
  type ProblemDetails,
  ProblemError,
  RejectedError,
  SpillwayError,
  UpstreamError,
} from './errors.ts';
export type { GateStatus } from './gate/gate.ts';
export type { GateOptions } from './gate/options.ts';
export type { SharedSlots } from './gate/shared-slots.ts';
export { type Logger, silentLogger, unfailing } from './logger.ts';
export { type MetricFamily, type MetricSample, metricFamilies } from './metrics/families.ts';
export { DURATION_BUCKETS_SECONDS } from './metrics/histogram.ts';
export {
  type FamilyRegistry,
  type RegistrableFamily,
  registerFamilies,
} from './metrics/register.ts';
export type {
  ApdexOptions,
  Satisfaction,
  ServiceLevel,
  ServiceLevelStatus,
} from './metrics/service-level.ts';
export * as read from './options.ts';
export type { PlannedChange } from './planned-change.ts';
export type { AffinityOptions } from './pool/affinity.ts';
export type { CookieOptions, IssuedKey } from './pool/affinity-cookie.ts';
export {
  type Arriving,
  Backend,
  type BackendConfig,
  type BackendEvents,
  type BackendHandler,
  type BackendSharing,
  type BackendStatus,
} from './pool/backend.ts';
export { Lease } from './pool/lease.ts';
export type { Balance } from './pool/level.ts';
export type {
  BackendOptions,
  PoolConfig,
  PoolOptions,
  QueueOptions,
  TimeoutOptions,
} from './pool/options.ts';
export { readPoolOptions } from './pool/options.ts';
export { type AttemptFailure, type AttemptOutcome, isFailureStatus } from './pool/outcome.ts';
export {
  type MakeBackend,
  Pool,
  type PoolContext,
  type PoolEvents,
  type PoolStatus,
} from './pool/pool.ts';
export type { RetryOptions } from './pool/resubmission.ts';
export { showAs } from './pool/shown-url.ts';
export { Submission } from './pool/submission.ts';
export type { PoolDryRun } from './pool/traffic/dry-run.ts';
export type { ReconfigureOptions, RemoveOptions, Shares } from './pool/traffic/options.ts';
export type {
  Rollout,
  RolloutDecision,
  RolloutLimits,
  RolloutOptions,
  RolloutReport,
  RolloutState,
} from './pool/traffic/rollout.ts';
export type {
  CompareAnswers,
  ComparedAnswer,
  Mismatch,
  Shadow,
  ShadowLease,
  ShadowOptions,
  ShadowOutcome,
  ShadowSetting,
  ShadowStatus,
} from './pool/traffic/shadow.ts';
export type {
  PoolSummary,
  SharedTraffic,
  TrafficChange,
} from './pool/traffic/shared-traffic.ts';
export type { RequestView } from './request-view.ts';
export {
  type CircuitBreakerOptions,
  type LimitConcurrencyOptions,
  type ProtectOptions,
  type RouteCall,
  type RouteConfig,
  readRouteOptions,
} from './route/options.ts';
export { Passage } from './route/passage.ts';
export { type BreakerStatus, RoutePolicy, type RouteRejections } from './route/policy.ts';
export { tell } from './tell.ts';
