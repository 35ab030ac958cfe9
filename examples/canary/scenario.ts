import { rolloutOfV2 } from './service.ts';

/** The run's numbers, with every duration divided by `speed`. */
export interface Scenario {
  readonly speed: number;
  readonly seed: number;
  /** Requests a second. */
  readonly rate: number;
  /** Before a rollout begins, and after it has ended. */
  readonly quietMs: number;
  readonly intervalMs: number;
  readonly minimumRequests: number;
  /** How long the versions work at a request. */
  readonly workMs: { readonly v1: number; readonly v2: number; readonly slow: number };
  /** By how much v2 may be slower, where that is watched. */
  readonly latencyMs: number;
  /** Chance of a 500, of a version that fails. */
  readonly failureRatio: number;
  readonly shadows: {
    readonly requests: number;
    readonly v2: number;
    readonly v3: number;
  };
}

/** 1 is real time. */
export function scenarioAt(speed: number, seed: number): Scenario {
  const { intervalMs, abort } = rolloutOfV2;
  return {
    speed,
    seed,
    rate: 20 * speed,
    quietMs: 20_000 / speed,
    intervalMs: intervalMs / speed,
    minimumRequests: abort.minimumRequests,
    workMs: { v1: 300 / speed, v2: 240 / speed, slow: 900 / speed },
    latencyMs: 300 / speed,
    failureRatio: 0.3,
    shadows: { requests: 1_800, v2: 0.5, v3: 0.1 },
  };
}

/** A duration of the run as it would be in real time: `3:20` is 200 s. */
export function clockFace(ms: number, { speed }: Pick<Scenario, 'speed'>): string {
  const seconds = Math.round((ms * speed) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
