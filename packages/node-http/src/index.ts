export { keepRawBody } from './body/raw-body.ts';
export {
  Engine,
  type EngineOptions,
  engineOptionShape,
  type ShutdownOptions,
  type SpillwayStatus,
} from './engine.ts';
export type { TrustsPeer } from './headers.ts';
export { HttpPool } from './http-pool.ts';
export type { MetricsRegistry } from './metrics.ts';
export { type ProblemBody, sendProblem } from './problem.ts';
export { createForward, type Forward } from './proxy/proxy.ts';
