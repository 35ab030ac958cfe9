/**
 * What Kubernetes' HorizontalPodAutoscaler does with metrics of type Pods, from its controller's
 * replica_calculator.go and horizontal.go (as of 1.33) and its documentation.
 */

/** As in the manifest's `behavior`. */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: 'Max' | 'Min' | 'Disabled';
  readonly policies?: readonly ScalingPolicy[];
}

export interface AutoscalerOptions {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** The mean that each metric should have, by its name. The one that asks for most pods decides. */
  readonly targets: Readonly<Record<string, number>>;
  readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
  /**
   * How far the mean may be from the target, as a ratio, before anything changes.
   * @defaultValue 0.1
   */
  readonly tolerance?: number;
}

type Phase = 'pending' | 'running' | 'terminating';

/** A pod, as the autoscaler sees it. Whether it is ready does not matter where the metric is not CPU. */
export interface ObservedPod {
  readonly phase: Phase;
  /** What the pod was last seen to have, by the names of the metrics; empty before it was. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The same, for one of the metrics. */
export interface MeasuredPod {
  readonly phase: Phase;
  readonly metric: number | undefined;
}

export interface Decision {
  readonly replicas: number;
  /** The metric that asks for most, with its mean; `undefined` when none is known. */
  readonly metric: string | undefined;
  readonly mean: number | undefined;
  /** What the formula asks for, before any window, policy or bound. */
  readonly recommended: number;
  readonly reason:
    | 'within range'
    | 'above maxReplicas'
    | 'below minReplicas'
    | 'a metric is missing'
    | 'stabilized'
    | 'limited by a policy'
    | 'limited by maxReplicas'
    | 'limited by minReplicas';
}

/** How often the controller looks. */
export const SYNC_SECONDS = 15;

const DEFAULT_RULES = {
  up: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  },
  down: {
    stabilizationWindowSeconds: 300,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
} as const satisfies Record<string, Required<ScalingRules>>;

/** Kubernetes counts in thousandths. */
const milli = (value: number) => Math.trunc(value * 1_000);

/**
 * ceil(pods × mean / target), unless the mean is within the tolerance; in doubt, less is changed.
 * @returns the mean, and the replicas that it asks for; `undefined` when no pod has a metric
 */
export function recommend(
  pods: readonly MeasuredPod[],
  currentReplicas: number,
  targetAverageValue: number,
  tolerance: number,
): { readonly replicas: number; readonly mean: number } | undefined {
  const target = milli(targetAverageValue);
  const metrics = pods.flatMap(({ phase, metric }) =>
    phase === 'running' && metric !== undefined ? [milli(metric)] : [],
  );
  if (metrics.length === 0) return undefined;
  const pending = pods.filter(({ phase }) => phase === 'pending').length;
  const running = pods.filter(({ phase }) => phase === 'running').length;
  const missing = running - metrics.length;
  const meanOf = (values: readonly number[]) =>
    Math.trunc(values.reduce((sum, value) => sum + value, 0) / values.length);
  const isWithin = (ratio: number) => ratio >= 1 - tolerance && ratio <= 1 + tolerance;

  const mean = meanOf(metrics);
  const ratio = mean / target;
  const answer = (replicas: number) => ({ replicas, mean: mean / 1_000 });
  const pendingCount = pending > 0 && ratio > 1;
  if (!pendingCount && missing === 0) {
    return answer(isWithin(ratio) ? currentReplicas : Math.ceil(ratio * running));
  }
  // Those that nothing is known of speak against the change: as on target where fewer pods are
  // asked for, as idle where more are.
  const assumed = [
    ...metrics,
    ...Array<number>(missing).fill(ratio < 1 ? target : 0),
    ...Array<number>(pendingCount ? pending : 0).fill(0),
  ];
  const newRatio = meanOf(assumed) / target;
  const turnsAround = (ratio < 1 && newRatio > 1) || (ratio > 1 && newRatio < 1);
  if (isWithin(newRatio) || turnsAround) return answer(currentReplicas);
  const replicas = Math.ceil(newRatio * assumed.length);
  const contradicts = newRatio < 1 ? replicas > currentReplicas : replicas < currentReplicas;
  return answer(contradicts ? currentReplicas : replicas);
}

interface Change {
  readonly atMs: number;
  readonly by: number;
}

export class HorizontalPodAutoscaler {
  readonly #options: AutoscalerOptions;
  readonly #up: Required<ScalingRules>;
  readonly #down: Required<ScalingRules>;
  /** Of the formula, as long as a window reaches back. */
  #recommendations: { readonly atMs: number; readonly replicas: number }[] = [];
  #added: Change[] = [];
  #removed: Change[] = [];

  constructor(options: AutoscalerOptions) {
    this.#options = options;
    this.#up = { ...DEFAULT_RULES.up, ...options.behavior?.scaleUp };
    this.#down = { ...DEFAULT_RULES.down, ...options.behavior?.scaleDown };
  }

  /** Called every {@link SYNC_SECONDS}; gives how many replicas there should be from now on. */
  sync(nowMs: number, currentReplicas: number, pods: readonly ObservedPod[]): Decision {
    const decision = this.#decide(nowMs, currentReplicas, pods);
    const change = decision.replicas - currentReplicas;
    const changes = change > 0 ? this.#added : this.#removed;
    if (change !== 0) changes.push({ atMs: nowMs, by: Math.abs(change) });
    return decision;
  }

  #decide(nowMs: number, current: number, pods: readonly ObservedPod[]): Decision {
    const { minReplicas, maxReplicas } = this.#options;
    // The number that it finds counts as recommended, too.
    if (this.#recommendations.length === 0) this.#remember(nowMs, current);
    const outside = { metric: undefined, mean: undefined, recommended: current };
    if (current > maxReplicas) {
      return { ...outside, replicas: maxReplicas, reason: 'above maxReplicas' };
    }
    if (current < minReplicas) {
      return { ...outside, replicas: minReplicas, reason: 'below minReplicas' };
    }
    const { known, missing } = this.#recommended(current, pods);
    const [most] = known;
    // What is not known might have asked for more.
    if (most === undefined || (missing > 0 && most.replicas < current)) {
      return { ...outside, replicas: current, reason: 'a metric is missing' };
    }
    const { metric, mean, replicas: recommended } = most;
    const stabilized = this.#stabilized(nowMs, current, recommended);
    const { replicas, reason } = this.#limited(nowMs, current, stabilized);
    const wasStabilized = reason === 'within range' && stabilized !== recommended;
    return {
      replicas,
      metric,
      mean,
      recommended,
      reason: wasStabilized ? 'stabilized' : reason,
    };
  }

  /** What each metric asks for, the most first. */
  #recommended(current: number, pods: readonly ObservedPod[]) {
    const { targets, tolerance = 0.1 } = this.#options;
    const names = Object.entries(targets);
    const known = names.flatMap(([metric, target]) => {
      const measured = pods.map(({ phase, metrics }) => ({ phase, metric: metrics[metric] }));
      const found = recommend(measured, current, target, tolerance);
      return found === undefined ? [] : [{ metric, ...found }];
    });
    known.sort((one, other) => other.replicas - one.replicas);
    return { known, missing: names.length - known.length };
  }

  #remember(atMs: number, replicas: number): void {
    this.#recommendations.push({ atMs, replicas });
  }

  /** Not above the lowest recommendation of the one window, nor below the highest of the other. */
  #stabilized(nowMs: number, current: number, recommended: number): number {
    const [upMs, downMs] = [this.#up, this.#down].map(
      ({ stabilizationWindowSeconds }) => stabilizationWindowSeconds * 1_000,
    ) as [number, number];
    const within = (windowMs: number) =>
      this.#recommendations
        .filter(({ atMs }) => atMs > nowMs - windowMs)
        .map(({ replicas }) => replicas);
    const lowest = Math.min(recommended, ...within(upMs));
    const highest = Math.max(recommended, ...within(downMs));
    const oldest = nowMs - Math.max(upMs, downMs);
    this.#recommendations = this.#recommendations.filter(({ atMs }) => atMs > oldest);
    this.#remember(nowMs, recommended);
    return Math.min(Math.max(current, lowest), highest);
  }

  #limited(nowMs: number, current: number, wanted: number): Pick<Decision, 'replicas' | 'reason'> {
    const { minReplicas, maxReplicas } = this.#options;
    if (wanted > current) {
      const limit = Math.max(current, this.#limit(nowMs, current, 'up'));
      const most = Math.min(maxReplicas, limit);
      if (wanted <= most) return { replicas: wanted, reason: 'within range' };
      const reason = maxReplicas > limit ? 'limited by a policy' : 'limited by maxReplicas';
      return { replicas: most, reason };
    }
    if (wanted < current) {
      const limit = Math.min(current, this.#limit(nowMs, current, 'down'));
      const least = Math.max(minReplicas, limit);
      if (wanted >= least) return { replicas: wanted, reason: 'within range' };
      const reason = minReplicas < limit ? 'limited by a policy' : 'limited by minReplicas';
      return { replicas: least, reason };
    }
    return { replicas: current, reason: 'within range' };
  }

  /** How far the policies of a direction allow the number to go, counted from their periods' starts. */
  #limit(nowMs: number, current: number, direction: 'up' | 'down'): number {
    const { selectPolicy, policies } = direction === 'up' ? this.#up : this.#down;
    if (selectPolicy === 'Disabled') return current;
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const sum = (changes: readonly Change[]) =>
        changes
          .filter(({ atMs }) => atMs > nowMs - periodSeconds * 1_000)
          .reduce((total, { by }) => total + by, 0);
      const atStart = current - sum(this.#added) + sum(this.#removed);
      if (direction === 'up') {
        return type === 'Pods' ? atStart + value : Math.ceil(atStart * (1 + value / 100));
      }
      return type === 'Pods' ? atStart - value : Math.trunc(atStart * (1 - value / 100));
    });
    const boldest = direction === 'up' ? Math.max(...limits) : Math.min(...limits);
    const mildest = direction === 'up' ? Math.min(...limits) : Math.max(...limits);
    return selectPolicy === 'Min' ? mildest : boldest;
  }
}
