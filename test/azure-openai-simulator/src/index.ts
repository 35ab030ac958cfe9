export type { Clock, Timer } from './clock.ts';
export type {
  Refusal,
  RefuseView,
  RetryAfterStyle,
  SimulatorOptions,
  SimulatorSettings,
} from './options.ts';
export { retryAfterStyles } from './options.ts';
export type { Outcome, RequestRecord, SecondStats, SimulatorStats } from './request-log.ts';
export { createSimulator, type Simulator } from './simulator.ts';
export { type SimulatorProcess, type SpawnOptions, spawnSimulator } from './spawn.ts';
