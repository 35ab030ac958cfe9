import { describe, expect, it } from 'vitest';
import {
  type AutoscalerOptions,
  HorizontalPodAutoscaler,
  type MeasuredPod,
  type ObservedPod,
  recommend,
} from './autoscaler.ts';

const running = (...metrics: readonly (number | undefined)[]): MeasuredPod[] =>
  metrics.map((metric) => ({ phase: 'running', metric }));
const pending = (count: number): MeasuredPod[] =>
  Array(count).fill({ phase: 'pending', metric: undefined });

describe('the formula', () => {
  it.each<[string, MeasuredPod[], expected: number]>([
    ['ceil(pods × mean / target)', running(2, 2), 4],
    ['rounds up', running(1.2, 1.2, 1.2), 4],
    ['takes the mean of all pods', running(4, 0), 4],
    ['asks for none when all are idle', running(0, 0), 0],
    ['leaves 10 % above the target alone', running(1.1, 1.1), 2],
    ['leaves 10 % below the target alone', running(0.9, 0.9), 2],
    ['acts above that', running(1.101, 1.101), 3],
    ['acts below that', running(0.8, 0.4, 0.4), 2],
    ['counts a missing metric as idle when it asks for more', running(3, 3, undefined), 6],
    ['counts a missing metric as on target when it asks for fewer', running(0, 0, undefined), 1],
    ['does not turn around for what is missing', running(1.3, undefined), 2],
    [
      'asks for no fewer where those that are missing might be on target',
      running(0.85, undefined),
      2,
    ],
    ['counts pending pods as idle when it asks for more', [...running(3), ...pending(2)], 3],
    [
      'pays no attention to pending pods when it asks for fewer',
      [...running(0.4, 0.4), ...pending(1)],
      1,
    ],
    [
      'pays no attention to pods that are on their way out',
      [...running(2), { phase: 'terminating', metric: 9 }],
      2,
    ],
  ])('%s', (_, pods, expected) => {
    const current = pods.filter(({ phase }) => phase !== 'terminating').length;
    expect(recommend(pods, current, 1, 0.1)?.replicas).toBe(expected);
  });

  it('knows nothing without a metric', () => {
    expect(recommend(running(undefined, undefined), 2, 1, 0.1)).toBeUndefined();
    expect(recommend(pending(2), 2, 1, 0.1)).toBeUndefined();
  });

  it('is that of the target', () => {
    expect(recommend(running(1, 1), 2, 0.5, 0.1)?.replicas).toBe(4);
    expect(recommend(running(1, 1), 2, 4, 0.1)?.replicas).toBe(1);
  });
});

/** Pods that are running, all with these metrics. */
const observed = (count: number, metrics: ObservedPod['metrics']): ObservedPod[] =>
  Array(count).fill({ phase: 'running', metrics });

/** Each step is a sync, 15 s after the one before, of pods that all have the same metric. */
function replicasOf(
  options: Partial<AutoscalerOptions>,
  start: number,
  metrics: readonly number[],
): number[] {
  const autoscaler = new HorizontalPodAutoscaler({
    minReplicas: 1,
    maxReplicas: 100,
    targets: { queue_ratio: 1 },
    ...options,
  });
  let replicas = start;
  return metrics.map((metric, step) => {
    const pods = observed(replicas, { queue_ratio: metric });
    replicas = autoscaler.sync(step * 15_000, replicas, pods).replicas;
    return replicas;
  });
}

const atOnce = { stabilizationWindowSeconds: 0 };

describe('the behaviour', () => {
  it('doubles, or adds four pods, every 15 s unless told otherwise', () => {
    expect(replicasOf({}, 1, [9, 9, 9, 9])).toEqual([5, 10, 20, 40]);
  });

  it('stays between its bounds', () => {
    const bounds = { minReplicas: 2, maxReplicas: 4, behavior: { scaleDown: atOnce } };
    expect(replicasOf(bounds, 3, [9, 9, 0, 0])).toEqual([4, 4, 2, 2]);
  });

  it.each([
    [1, 2, 'below minReplicas'],
    [9, 4, 'above maxReplicas'],
  ])('corrects %j pods, whatever they do', (current, expected, reason) => {
    const options = { minReplicas: 2, maxReplicas: 4, targets: { queue_ratio: 1 } };
    const decision = new HorizontalPodAutoscaler(options).sync(0, current, []);
    expect(decision).toMatchObject({ replicas: expected, reason });
  });

  it('waits for five minutes before it removes pods unless told otherwise', () => {
    const replicas = replicasOf({}, 4, [1, ...Array<number>(21).fill(0)]);
    expect(replicas.indexOf(1)).toBe(20);
    expect(new Set(replicas.slice(0, 20))).toEqual(new Set([4]));
  });

  it('keeps the highest number that was asked for within the window', () => {
    const scaleDown = { stabilizationWindowSeconds: 60 };
    // From the second on 2 or 3 would do; the 4 that it began with, and then the 3, still count.
    expect(replicasOf({ behavior: { scaleDown } }, 4, [0.5, 0.75, 0.5, 0.5, 0.5, 0.5])).toEqual([
      4, 4, 4, 4, 3, 2,
    ]);
  });

  it('waits for the load to stay before it adds pods, if told so', () => {
    const scaleUp = { stabilizationWindowSeconds: 30 };
    expect(replicasOf({ behavior: { scaleUp } }, 2, [1, 2, 2, 2])).toEqual([2, 2, 4, 4]);
  });

  it('removes one pod a minute, if told so', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }] as const;
    const behavior = { scaleDown: { ...atOnce, policies } };
    expect(replicasOf({ behavior }, 5, Array<number>(10).fill(0))).toEqual([
      4, 4, 4, 4, 3, 3, 3, 3, 2, 2,
    ]);
  });

  it('takes the mildest of its policies, or none, if told so', () => {
    const policies = [
      { type: 'Pods', value: 1, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ] as const;
    const scaleUp = (selectPolicy: 'Max' | 'Min' | 'Disabled') => ({
      behavior: { scaleUp: { policies, selectPolicy } },
    });
    expect(replicasOf(scaleUp('Max'), 4, [9])).toEqual([8]);
    expect(replicasOf(scaleUp('Min'), 4, [9])).toEqual([5]);
    expect(replicasOf(scaleUp('Disabled'), 4, [9])).toEqual([4]);
  });

  it('decides nothing without metrics', () => {
    const options = { minReplicas: 1, maxReplicas: 4, targets: { queue_ratio: 1 } };
    const autoscaler = new HorizontalPodAutoscaler(options);
    expect(autoscaler.sync(0, 3, observed(3, {}))).toEqual({
      replicas: 3,
      metric: undefined,
      mean: undefined,
      recommended: 3,
      reason: 'a metric is missing',
    });
  });

  it('goes by the metric that asks for most pods', () => {
    const targets = { queue_ratio: 1, gate_running: 3 };
    const options = { minReplicas: 1, maxReplicas: 8, targets, behavior: { scaleDown: atOnce } };
    const sync = (metrics: ObservedPod['metrics']) =>
      new HorizontalPodAutoscaler(options).sync(0, 4, observed(4, metrics));
    expect(sync({ queue_ratio: 2, gate_running: 4 })).toMatchObject({
      replicas: 8,
      metric: 'queue_ratio',
      mean: 2,
    });
    expect(sync({ queue_ratio: 0, gate_running: 2 })).toMatchObject({
      replicas: 3,
      metric: 'gate_running',
      mean: 2,
    });
    // Of those that are left: none has a say in taking pods away.
    expect(sync({ queue_ratio: 0 })).toMatchObject({ replicas: 4, reason: 'a metric is missing' });
    expect(sync({ queue_ratio: 2 })).toMatchObject({ replicas: 8 });
  });

  it('says what it was held back by', () => {
    const options = { minReplicas: 2, maxReplicas: 12, targets: { queue_ratio: 1 } };
    const autoscaler = new HorizontalPodAutoscaler(options);
    const sync = (atMs: number, metric: number, replicas: number) =>
      autoscaler.sync(atMs, replicas, observed(replicas, { queue_ratio: metric }));
    expect(sync(0, 9, 2)).toEqual({
      replicas: 6,
      metric: 'queue_ratio',
      mean: 9,
      recommended: 18,
      reason: 'limited by a policy',
    });
    expect(sync(15_000, 9, 6)).toMatchObject({ replicas: 12, reason: 'limited by maxReplicas' });
    expect(sync(30_000, 0, 12)).toMatchObject({ replicas: 12, reason: 'stabilized' });
    expect(sync(600_000, 0, 12)).toMatchObject({ replicas: 2, reason: 'limited by minReplicas' });
  });
});
