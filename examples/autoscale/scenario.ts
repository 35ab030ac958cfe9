import type { Rules } from './gateway.ts';

/** The run's numbers. Loads are shares of what one core can do. */
export interface Scenario {
  readonly durationMs: number;
  readonly seed: number;
  /** Processor time of one request. */
  readonly requestMs: number;
  /** Before the rise and after the fall, and in between. */
  readonly load: { readonly low: number; readonly high: number };
  /** When it begins to rise, is high, begins to fall, and is low again. */
  readonly turns: readonly [rises: number, high: number, falls: number, low: number];
  readonly rules: Rules;
}

const SECONDS = 36;

/**
 * The load of a day, windows and rests in so many seconds. At the top one instance is used by `load`,
 * and two by half of that each; the thresholds are on either side of it.
 */
export function scenarioLasting(seconds: number, seed: number, load = 0.5): Scenario {
  const unit = (seconds / SECONDS) * 1_000;
  return {
    durationMs: seconds * 1_000,
    seed,
    requestMs: 8,
    load: { low: 0.12 * load, high: load },
    turns: [4 * unit, 7 * unit, 20 * unit, 23 * unit],
    rules: {
      sampleMs: 0.5 * unit,
      scaleOut: { above: 0.6 * load, windowMs: 4 * unit, cooldownMs: 3 * unit },
      scaleIn: { below: 0.3 * load, windowMs: 4 * unit, cooldownMs: 3 * unit },
    },
  };
}

/** Requests a second at a moment of the run. */
export function rateAt(ms: number, { load, turns, requestMs }: Scenario): number {
  const [rises, high, falls, low] = turns;
  const isUp = Math.min(1, Math.max(0, (ms - rises) / (high - rises)));
  const isDown = Math.min(1, Math.max(0, (ms - falls) / (low - falls)));
  const share = load.low + (load.high - load.low) * (isUp - isDown);
  return (share * 1_000) / requestMs;
}
