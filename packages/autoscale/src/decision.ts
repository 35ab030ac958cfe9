/** `hold`: the count stays as it is. */
export type ScalingAction = 'scale_out' | 'scale_in' | 'hold';

/** Why so. */
export const REASONS = {
  /** the count is below `min` */
  below_min: 'scale_out',
  /** the average is above `scaleOut.above` */
  above: 'scale_out',
  /** the count is above `max` */
  above_max: 'scale_in',
  /** the average is below `scaleIn.below` */
  below: 'scale_in',
  /** neither rule applies */
  steady: 'hold',
  /** neither rule applies, and one of them has no full window */
  window_not_full: 'hold',
  /** this sample is missing */
  no_sample: 'hold',
  /** the scaler did not say how many there are */
  no_count: 'hold',
  /** a rule applies, and its cooldown is not over */
  cooldown: 'hold',
  /** more are wanted, and there are `max` */
  at_max: 'hold',
  /** fewer are wanted, and there are `min` */
  at_min: 'hold',
  /** the scaling before is under way */
  scaling: 'hold',
} as const satisfies Record<string, ScalingAction>;

export type ScalingReason = keyof typeof REASONS;

/** What was decided at a sample, and the figures that it was decided on. */
export interface ScalingDecision {
  readonly action: ScalingAction;
  readonly reason: ScalingReason;
  /** Instances as the scaler said; `undefined` when it did not. */
  readonly count: number | undefined;
  /** Instances that there are to be: on `hold` the same as `count`. */
  readonly target: number | undefined;
  /** What the metric was; `undefined` when it is missing. */
  readonly sample: number | undefined;
  /** Over the window of `scaleOut`; `undefined` unless that is full. */
  readonly scaleOutAverage: number | undefined;
  /** Over the window of `scaleIn`; `undefined` unless that is full. */
  readonly scaleInAverage: number | undefined;
  /** Where a cooldown holds it, what is left of that in milliseconds; otherwise 0. */
  readonly cooldownMs: number;
}
