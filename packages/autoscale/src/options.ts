import {
  type Clock,
  ConfigurationError,
  type FamilyRegistry,
  type Logger,
  read,
} from '@spillway/core';
import type { Scaler } from './scalers/scaler.ts';

/**
 * Measures what the rules watch, once for each sample: in the rules' unit, which is a ratio for all
 * metrics of this package. `undefined` and `NaN` mean that there is no sample.
 * @param signal aborted when the answer comes too late to be of use
 */
export type Metric = (signal: AbortSignal) => number | undefined | Promise<number | undefined>;

/** What both rules have. */
export interface RuleOptions {
  /**
   * The window whose average decides, in milliseconds; rounded up to whole samples.
   * @defaultValue 2_700_000, 45 minutes
   */
  readonly windowMs?: number | undefined;
  /**
   * How many samples of the window may be missing. With more than that the rule decides nothing.
   * @defaultValue 0
   */
  readonly maxMissing?: number | undefined;
  /**
   * By how many instances to scale.
   * @defaultValue 1
   */
  readonly by?: number | undefined;
  /**
   * How long to do nothing by this rule after the count has changed, whoever changed it and whichever
   * way, in milliseconds.
   * @defaultValue 1_200_000, 20 minutes
   */
  readonly cooldownMs?: number | undefined;
}

export interface ScaleOutOptions extends RuleOptions {
  /** Scales out when the average is above this. */
  readonly above: number;
}

export interface ScaleInOptions extends RuleOptions {
  /** Scales in when the average is below this. At most `scaleOut.above`. */
  readonly below: number;
}

export interface AutoscaleOptions {
  /**
   * Names it in metrics and logs.
   * @defaultValue `'autoscale'`
   */
  readonly name?: string | undefined;
  readonly metric: Metric;
  /**
   * Time between two samples, in milliseconds.
   * @defaultValue 60_000
   */
  readonly sampleMs?: number | undefined;
  readonly scaleOut: ScaleOutOptions;
  readonly scaleIn: ScaleInOptions;
  /**
   * Never fewer instances. Whoever scales below it is corrected at the next sample.
   * @defaultValue 1
   */
  readonly min?: number | undefined;
  /** Never more instances. Whoever scales above it is corrected at the next sample. */
  readonly max: number;
  readonly scaler: Scaler;
  /**
   * How long a scaling may take before it is given up, in milliseconds. The next decision tries again.
   * @defaultValue 300_000
   */
  readonly scaleTimeoutMs?: number | undefined;
  /** @defaultValue the process's monotonic clock and timers */
  readonly clock?: Clock | undefined;
  /**
   * Told of scalings and failures; `console` will do.
   * @defaultValue silent
   */
  readonly logger?: Logger | undefined;
  /**
   * A prom-client registry, for example `spillway.registry`.
   * @defaultValue none
   */
  readonly registry?: FamilyRegistry | undefined;
}

/** A rule, checked and with defaults filled in. */
export interface RuleConfig {
  readonly windowMs: number;
  readonly maxMissing: number;
  readonly by: number;
  readonly cooldownMs: number;
}

export interface AutoscaleConfig {
  readonly name: string;
  readonly metric: Metric;
  readonly sampleMs: number;
  readonly scaleOut: RuleConfig & { readonly above: number };
  readonly scaleIn: RuleConfig & { readonly below: number };
  readonly min: number;
  readonly max: number;
  readonly scaler: Scaler;
  readonly scaleTimeoutMs: number;
  readonly clock: Clock | undefined;
  readonly logger: Logger | undefined;
  readonly registry: FamilyRegistry | undefined;
}

/** A window is kept in memory. */
const MOST_SAMPLES = 1_000_000;

const ruleShape: read.Shape<RuleConfig> = {
  windowMs: read.optional(read.positiveMs, 2_700_000),
  maxMissing: read.optional(read.nonNegativeInteger, 0),
  by: read.optional(read.positiveInteger, 1),
  cooldownMs: read.optional(read.nonNegativeMs, 1_200_000),
};

const readOptions = read.object<AutoscaleConfig>({
  name: read.optional(read.nonEmptyString, 'autoscale'),
  metric: read.callable<Metric>(),
  sampleMs: read.optional(read.positiveMs, 60_000),
  scaleOut: read.object({ above: read.finiteNumber, ...ruleShape }),
  scaleIn: read.object({ below: read.finiteNumber, ...ruleShape }),
  min: read.optional(read.nonNegativeInteger, 1),
  max: read.positiveInteger,
  scaler: read.having<Scaler>('current', 'scaleTo'),
  scaleTimeoutMs: read.optional(read.positiveMs, 300_000),
  clock: read.optional(read.having<Clock>('now', 'setTimer')),
  logger: read.optional(read.having<Logger>('info', 'warn', 'error')),
  registry: read.optional(read.having<FamilyRegistry>('registerMetric', 'getSingleMetric')),
});

/** Checks the options; throws a {@link ConfigurationError} for the first that is wrong. */
export function readAutoscaleOptions(options: unknown): AutoscaleConfig {
  const config = readOptions(options, 'autoscale');
  const { min, max, scaleOut, scaleIn, sampleMs } = config;
  if (max < min) throw new ConfigurationError('autoscale.max', `must be at least min, ${min}`, max);
  if (scaleIn.below > scaleOut.above) {
    const rule = `must be at most scaleOut.above, ${scaleOut.above}`;
    throw new ConfigurationError('autoscale.scaleIn.below', rule, scaleIn.below);
  }
  for (const [name, { windowMs, maxMissing }] of Object.entries({ scaleOut, scaleIn })) {
    const samples = samplesOf(windowMs, sampleMs);
    if (samples > MOST_SAMPLES) {
      const rule = `must hold at most ${MOST_SAMPLES} samples of ${sampleMs} ms`;
      throw new ConfigurationError(`autoscale.${name}.windowMs`, rule, windowMs);
    }
    if (maxMissing >= samples) {
      const rule = `must be below the ${samples} samples of the window`;
      throw new ConfigurationError(`autoscale.${name}.maxMissing`, rule, maxMissing);
    }
  }
  return config;
}

export function samplesOf(windowMs: number, sampleMs: number): number {
  return Math.ceil(windowMs / sampleMs);
}
