export { keepRawBody } from './body/raw-body.ts';
export { stopTap, tapRawBody } from './body/raw-body-tap.ts';
export { callsOf, type MiddlewareMaker, type SpillwayCalls } from './calls.ts';
export {
  Engine,
  type EngineOptions,
  engineOptionShape,
  type SpillwayStatus,
} from './engine.ts';
export type { TrustsPeer } from './headers.ts';
export { HttpPool } from './http-pool.ts';
export type { MetricsRegistry } from './metrics.ts';
export type { Checks, ProbeFailure } from './probes/checks.ts';
export type { LivenessOptions } from './probes/liveness.ts';
export {
  PROBE_HEADERS,
  type Probe,
  type ProbeAnswer,
  type ProbeBody,
  sendProbe,
} from './probes/probe.ts';
export type { ReadinessOptions } from './probes/readiness.ts';
export { type ProblemBody, problemAnswer, sendProblem } from './problem.ts';
export type { ProxyHost } from './proxy/incoming-exchange.ts';
export { createForward, type Forward } from './proxy/proxy.ts';
export { createUpgrade, type Upgrading } from './proxy/upgrade.ts';
export { GuardedRoute } from './route/guarded-route.ts';
export { RoutePassage } from './route/route-passage.ts';
export { SettlingPassage } from './route/settling-passage.ts';
export { endWork, type RequestContext } from './route/work.ts';
export type { ShutdownOptions } from './shutdown.ts';
