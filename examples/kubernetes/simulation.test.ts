import { beforeAll, describe, expect, it } from 'vitest';
import { type Scenario, scenarioOf } from './scenario.ts';
import { type Recording, type Scaling, type Second, simulate } from './simulation.ts';

const total = (seconds: readonly Second[], value: (second: Second) => number | undefined) =>
  seconds.reduce((sum, second) => sum + (value(second) ?? 0), 0);
const burstOf = ({ burstFromSeconds, burstSeconds }: Scenario, { seconds }: Recording) =>
  seconds.slice(burstFromSeconds, burstFromSeconds + burstSeconds);

describe('a burst of four minutes', () => {
  const scenario = scenarioOf({ burstRate: 30, burstSeconds: 240 });
  const burstEnd = scenario.burstFromSeconds + scenario.burstSeconds;
  let recording: Recording;
  beforeAll(async () => {
    recording = await simulate(scenario);
  });

  it('brings more pods within two looks of the autoscaler, and as few as before in the end', () => {
    const { seconds, scalings } = recording;
    const [first] = scalings;
    expect(first?.from).toBe(2);
    expect(first?.atSeconds).toBeGreaterThan(scenario.burstFromSeconds);
    expect(first?.atSeconds).toBeLessThanOrEqual(scenario.burstFromSeconds + 30);
    expect(Math.max(...seconds.map(({ pods }) => pods))).toBe(5);
    expect(seconds.at(-1)).toMatchObject({ pods: 2, ready: 2, waiting: 0 });
  });

  it('is decided by the formula, on the queue ratios that were scraped', () => {
    const added = recording.scalings.filter(({ from, replicas }) => replicas > from);
    expect(added.length).toBeGreaterThan(1);
    for (const { from, mean = 0, recommended } of added) {
      expect(mean).toBeGreaterThan(1.1);
      expect(recommended).toBe(Math.ceil(from * mean));
    }
    const calm = recording.decisions.filter(({ atSeconds }) => atSeconds > burstEnd + 15);
    for (const { mean } of calm) expect(mean).toBeLessThan(1);
  });

  it('takes pods away one a minute, five minutes after they were last needed', () => {
    const { decisions, scalings } = recording;
    const removed = scalings.filter(({ from, replicas }) => replicas < from);
    expect(removed.map(({ from, replicas }) => from - replicas)).toEqual([1, 1, 1]);
    const times = removed.map(({ atSeconds }) => atSeconds);
    for (const [index, time] of times.slice(1).entries()) {
      expect(time - (times[index] ?? Number.NaN)).toBeGreaterThanOrEqual(60);
    }
    const [{ atSeconds, from } = { atSeconds: 0, from: 0 }] = removed;
    const lastNeeded = decisions.findLast(
      (each) => each.atSeconds < atSeconds && each.recommended >= from,
    );
    expect(atSeconds - (lastNeeded?.atSeconds ?? Number.NaN)).toBeGreaterThanOrEqual(300);
  });

  it('makes pods unready, and ready again, before there are enough of them', () => {
    const burst = burstOf(scenario, recording);
    expect(burst.some(({ ready, pods }) => ready < pods)).toBe(true);
    expect(burst.some(({ ready }) => ready === 0)).toBe(true);
    const lastMinute = burst.slice(-60);
    expect(lastMinute.every(({ ready }) => ready >= 4)).toBe(true);
  });

  it('turns nobody away once there are enough', () => {
    const lastTwoMinutes = burstOf(scenario, recording).slice(-120);
    expect(total(lastTwoMinutes, ({ sent }) => sent)).toBeGreaterThan(3_000);
    expect(total(lastTwoMinutes, ({ unreachable }) => unreachable)).toBe(0);
    expect(total(lastTwoMinutes, ({ ended }) => ended.queue_full)).toBe(0);
  });

  it('loses no request, also of pods that are taken away', () => {
    const { seconds, unfinished } = recording;
    expect(unfinished).toBe(0);
    const kinds = new Set(seconds.flatMap(({ ended }) => Object.keys(ended)));
    expect(kinds).toEqual(new Set(['served', 'queue_full']));
    const answered = total(seconds, ({ ended }) => (ended.served ?? 0) + (ended.queue_full ?? 0));
    const unreachable = total(seconds, (second) => second.unreachable);
    expect(answered + unreachable).toBe(total(seconds, ({ sent }) => sent));
    expect(answered / (answered + unreachable)).toBeGreaterThan(0.95);
  });

  it('never has more at work, or waiting, than the gates allow', () => {
    const { maxCount, maxQueueLength } = scenario.gate;
    // A pod on its way out still finishes what it has.
    for (const { running, waiting, pods } of recording.seconds) {
      expect(running).toBeLessThanOrEqual((pods + 1) * maxCount);
      expect(waiting).toBeLessThanOrEqual((pods + 1) * maxQueueLength);
    }
    expect(Math.max(...recording.seconds.map((each) => each.maxQueueRatio))).toBe(
      maxQueueLength / maxCount,
    );
  });

  it('is the same every time', async () => {
    expect(await simulate(scenario)).toEqual(recording);
  });
});

it('reaches every caller where a long queue makes no pod unready, and scales out no later', async () => {
  const options = { burstRate: 30, burstSeconds: 240 };
  const set = { 'readiness.maxQueueRatio': 4 };
  const [usual, alwaysReady] = await Promise.all([
    simulate(scenarioOf(options)),
    simulate(scenarioOf({ ...options, set })),
  ]);
  const unreachable = ({ seconds }: Recording) => total(seconds, (each) => each.unreachable);
  expect(unreachable(usual)).toBeGreaterThan(100);
  expect(unreachable(alwaysReady)).toBe(0);
  const firstAt = ({ scalings: [first] }: Recording) => first?.atSeconds ?? Number.NaN;
  expect(firstAt(alwaysReady)).toBeLessThanOrEqual(firstAt(usual));
});

describe('a burst that outlasts the window', () => {
  async function scalingsInBurst(set: Record<string, unknown>): Promise<readonly Scaling[]> {
    const scenario = scenarioOf({ burstRate: 30, burstSeconds: 900, set });
    const { scalings } = await simulate(scenario);
    const burstEnd = scenario.burstFromSeconds + scenario.burstSeconds;
    expect(scalings.at(-1)?.atSeconds).toBeGreaterThan(burstEnd);
    return scalings.filter(({ atSeconds }) => atSeconds < burstEnd);
  }

  it('is tried with a pod less, which then comes back', async () => {
    const scalings = await scalingsInBurst({});
    const removed = scalings.findIndex(({ from, replicas }) => replicas < from);
    expect(removed).toBeGreaterThan(0);
    expect(scalings.slice(removed).some(({ from, replicas }) => replicas > from)).toBe(true);
  });

  it('keeps its pods where the autoscaler looks at what runs, too', async () => {
    const scalings = await scalingsInBurst({ 'autoscaling.targetUtilization': 0.75 });
    expect(scalings.length).toBeGreaterThan(0);
    for (const { from, replicas } of scalings) expect(replicas).toBeGreaterThan(from);
  });
});

it('stays at the most pods there may be when these are not enough', async () => {
  const recording = await simulate(
    scenarioOf({ burstRate: 60, burstSeconds: 120, set: { 'autoscaling.maxReplicas': 3 } }),
  );
  expect(Math.max(...recording.seconds.map(({ pods }) => pods))).toBe(3);
  expect(recording.scalings[0]).toMatchObject({ from: 2, replicas: 3 });
  expect(recording.unfinished).toBe(0);
});
