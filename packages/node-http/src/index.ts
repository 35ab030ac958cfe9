export type { BodyFlow, RequestBody } from './body/body.ts';
export { CallerPace } from './body/caller-pace.ts';
export { keepRawBody } from './body/raw-body.ts';
export { stopTap, tapRawBody } from './body/raw-body-tap.ts';
export {
  callsOf,
  type MiddlewareMaker,
  type Named,
  type NamedProtection,
  partsOf,
  type RouteOptions,
  type SpillwayCalls,
  type SpillwayParts,
} from './calls.ts';
export { type BoundToConnection, onConnectionClose } from './connection-close.ts';
export { atEndOfTurn, type Unfinished } from './end-of-turn.ts';
export {
  Engine,
  type EngineEvents,
  type EngineOptions,
  engineOptionShape,
  type SpillwayStatus,
} from './engine.ts';
export type { ExchangeAttempt } from './exchange.ts';
export type { Handed, NodeHandler } from './handed.ts';
export {
  cameByHttps,
  framedHeaders,
  namedByConnection,
  type TrustsPeer,
} from './headers.ts';
export type { HttpBackend } from './http-backend.ts';
export { HttpPool } from './http-pool.ts';
export { endUnanswered } from './in-process.ts';
export type { MetricsRegistry } from './metrics.ts';
export { targetPath } from './path.ts';
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
export { IncomingExchange, type ProxyHost } from './proxy/incoming-exchange.ts';
export { createForward, type Forward } from './proxy/proxy.ts';
export {
  createUpgrade,
  type Upgrading,
  upgradeFault,
} from './proxy/upgrade.ts';
export { takeConnection } from './proxy/upgrade-exchange.ts';
export { noteView, viewOf } from './request-view.ts';
export { GuardedRoute } from './route/guarded-route.ts';
export { RoutePassage } from './route/route-passage.ts';
export { SettlingPassage } from './route/settling-passage.ts';
export { endWork, type RequestContext } from './route/work.ts';
export type { ShutdownOptions } from './shutdown.ts';
export { MAX_TEXT_BYTES } from './single-write.ts';
export { watchBody } from './watch-answer.ts';
