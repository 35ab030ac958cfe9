import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { expect, it, vi } from 'vitest';
import { autoscale } from './autoscale.ts';
import type { ScalingDecision } from './decision.ts';
import type { AutoscaleOptions, Metric } from './options.ts';
import type { Scaler } from './scalers/scaler.ts';

const MINUTE = 60_000;

/** The seed's rules: 80 % and 60 % over 45 minutes, and 20 minutes of rest. */
function setUp(metric: Metric, count = 1, options: Partial<AutoscaleOptions> = {}) {
  const clock = new FakeClock();
  const scaler = {
    count,
    current: vi.fn((): number | Promise<number> => scaler.count),
    scaleTo: vi.fn((target: number, _signal: AbortSignal): void | Promise<void> => {
      scaler.count = target;
    }),
  };
  const autoscaler = autoscale({
    metric,
    scaleOut: { above: 0.8 },
    scaleIn: { below: 0.6 },
    min: 1,
    max: 4,
    scaler,
    clock,
    ...options,
  });
  const decisions: ScalingDecision[] = [];
  const failures: { asked: string; error: unknown }[] = [];
  autoscaler.on('decision', (decision) => void decisions.push(decision));
  autoscaler.on('failure', (failure) => void failures.push(failure));
  const minutes = (count: number) => clock.advance(count * MINUTE);
  return { clock, scaler, autoscaler, decisions, failures, minutes };
}

it('scales out after 45 minutes at 81 %, and not a minute sooner', () => {
  const { scaler, decisions, minutes } = setUp(() => 0.81);
  minutes(44);
  expect(scaler.count).toBe(1);
  expect(decisions.map(({ reason }) => reason)).toEqual(
    new Array<string>(44).fill('window_not_full'),
  );
  minutes(1);
  expect(scaler.count).toBe(2);
  expect(decisions.at(-1)).toEqual({
    action: 'scale_out',
    reason: 'above',
    count: 1,
    target: 2,
    sample: 0.81,
    scaleOutAverage: expect.closeTo(0.81, 9),
    scaleInAverage: expect.closeTo(0.81, 9),
    cooldownMs: 0,
  });
});

it('scales out again after a rest of 20 minutes, and not a minute sooner', () => {
  const { scaler, decisions, minutes } = setUp(() => 0.81);
  minutes(45 + 19);
  expect(scaler.count).toBe(2);
  expect(decisions.at(-1)).toMatchObject({ reason: 'cooldown', cooldownMs: MINUTE, target: 2 });
  minutes(1);
  expect(scaler.count).toBe(3);
  minutes(19);
  expect(scaler.count).toBe(3);
  minutes(1);
  expect(scaler.count).toBe(4);
});

it('scales in after 45 minutes at 59 %, by one, and rests as long', () => {
  const { scaler, minutes } = setUp(() => 0.59, 3);
  minutes(44);
  expect(scaler.count).toBe(3);
  minutes(1);
  expect(scaler.count).toBe(2);
  minutes(19);
  expect(scaler.count).toBe(2);
  minutes(1);
  expect(scaler.count).toBe(1);
});

it('rests after scaling out before it scales in', () => {
  let load = 0.95;
  const { scaler, decisions, minutes } = setUp(() => load, 1, {
    scaleOut: { above: 0.8, windowMs: 5 * MINUTE, cooldownMs: 3 * MINUTE },
    scaleIn: { below: 0.6, windowMs: 5 * MINUTE, cooldownMs: 20 * MINUTE },
  });
  minutes(5);
  expect(scaler.count).toBe(2);
  load = 0.1;
  minutes(19);
  expect(decisions.at(-1)).toMatchObject({ reason: 'cooldown', cooldownMs: MINUTE });
  expect(scaler.count).toBe(2);
  minutes(1);
  expect(scaler.count).toBe(1);
});

it.each([0.8, 0.7, 0.6])('does nothing at %d: thresholds are strict', (load) => {
  const { scaler, decisions, minutes } = setUp(() => load, 2);
  minutes(300);
  expect(scaler.scaleTo).not.toHaveBeenCalled();
  expect(decisions.at(-1)).toMatchObject({ action: 'hold', reason: 'steady' });
});

it('is not misled by one low sample in a high average', () => {
  let minute = 0;
  const { scaler, minutes } = setUp(() => (++minute === 44 ? 0.05 : 0.85));
  minutes(44);
  expect(scaler.scaleTo).not.toHaveBeenCalled();
  minutes(1);
  expect(scaler.count).toBe(2);
});

it('is not misled by one high sample in a low average', () => {
  let minute = 0;
  const { scaler, minutes } = setUp(() => (++minute % 45 === 0 ? 5 : 0.4), 2);
  minutes(45);
  expect(scaler.count).toBe(1);
});

it.each<[string, Metric]>([
  ['undefined', () => undefined],
  ['NaN', () => Number.NaN],
  ['infinite', () => Number.POSITIVE_INFINITY],
  [
    'an exception',
    () => {
      throw new Error('no answer');
    },
  ],
])('a gap in the samples (%s) neither scales nor counts as zero', (_, gap) => {
  let minute = 0;
  const metric: Metric = (signal) => (++minute === 44 ? gap(signal) : 0.81);
  const { scaler, decisions, minutes } = setUp(metric);
  minutes(44);
  expect(decisions.at(-1)).toMatchObject({ reason: 'no_sample', sample: undefined });
  // The window is full once the gap has left it.
  minutes(44);
  expect(scaler.scaleTo).not.toHaveBeenCalled();
  expect(decisions.at(-1)).toMatchObject({ reason: 'window_not_full', scaleOutAverage: undefined });
  minutes(1);
  expect(scaler.count).toBe(2);
  expect(decisions.at(-1)?.scaleOutAverage).toBeCloseTo(0.81, 9);
});

it('does nothing by itself when there are no samples at all', () => {
  const { scaler, decisions, minutes } = setUp(() => undefined, 3);
  minutes(24 * 60);
  expect(scaler.scaleTo).not.toHaveBeenCalled();
  expect(new Set(decisions.map(({ reason }) => reason))).toEqual(new Set(['no_sample']));
});

it('decides with as many gaps as it was allowed, on the average of the rest', () => {
  let minute = 0;
  const { scaler, decisions, minutes } = setUp(() => (++minute % 20 === 0 ? undefined : 0.81), 1, {
    scaleOut: { above: 0.8, maxMissing: 2 },
  });
  minutes(45);
  expect(scaler.count).toBe(2);
  expect(decisions.at(-1)?.scaleOutAverage).toBeCloseTo(0.81, 9);
});

it('does not take what has not come yet for gaps', () => {
  const { scaler, minutes } = setUp(() => 0.81, 1, { scaleOut: { above: 0.8, maxMissing: 40 } });
  minutes(44);
  expect(scaler.scaleTo).not.toHaveBeenCalled();
  minutes(1);
  expect(scaler.count).toBe(2);
});

it('does not decide at a sample that is missing, even where gaps are allowed', () => {
  let minute = 0;
  const { scaler, decisions, minutes } = setUp(() => (++minute === 45 ? undefined : 0.81), 1, {
    scaleOut: { above: 0.8, maxMissing: 2 },
  });
  minutes(45);
  expect(decisions.at(-1)).toMatchObject({ reason: 'no_sample' });
  expect(scaler.scaleTo).not.toHaveBeenCalled();
});

it('stays within its bounds, and says so', () => {
  let load = 0.99;
  const { scaler, decisions, minutes } = setUp(() => load, 1, { min: 1, max: 2 });
  minutes(200);
  expect(scaler.count).toBe(2);
  expect(decisions.at(-1)).toMatchObject({ action: 'hold', reason: 'at_max' });
  load = 0.01;
  minutes(200);
  expect(scaler.count).toBe(1);
  expect(decisions.at(-1)).toMatchObject({ action: 'hold', reason: 'at_min' });
});

it('does not overshoot its bounds when it scales by several', () => {
  let load = 0.99;
  const { scaler, minutes } = setUp(() => load, 3, {
    min: 2,
    max: 4,
    scaleOut: { above: 0.8, by: 3 },
    scaleIn: { below: 0.6, by: 3 },
  });
  minutes(45);
  expect(scaler.count).toBe(4);
  load = 0.01;
  minutes(60);
  expect(scaler.count).toBe(2);
});

it.each([
  ['too few', 0, 1, 'below_min', 'scale_out'],
  ['too many', 9, 4, 'above_max', 'scale_in'],
])('corrects a count that is %s at the next sample', (_, count, target, reason, action) => {
  const { scaler, decisions, minutes } = setUp(() => undefined, count);
  minutes(1);
  expect(scaler.count).toBe(target);
  expect(decisions).toEqual([expect.objectContaining({ reason, action, count, target })]);
});

it('goes by what the scaler says, and rests after a change by somebody else', () => {
  const { scaler, decisions, minutes } = setUp(() => 0.81);
  minutes(40);
  scaler.count = 3; // kubectl scale
  minutes(5);
  // Seen at minute 41.
  expect(decisions.at(-1)).toMatchObject({ reason: 'cooldown', count: 3, cooldownMs: 16 * MINUTE });
  minutes(16);
  expect(scaler.count).toBe(4);
});

it('counts an answer that comes after the next sample as missing', async () => {
  const late = Promise.withResolvers<number>();
  let minute = 0;
  const signals: AbortSignal[] = [];
  const metric: Metric = (signal) => {
    signals.push(signal);
    return ++minute === 1 ? late.promise : 0.81;
  };
  const { scaler, decisions, failures, minutes } = setUp(metric);
  minutes(2);
  expect(decisions.map(({ reason }) => reason)).toEqual(['no_sample', 'window_not_full']);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  expect(failures).toEqual([{ asked: 'metric', error: expect.objectContaining({ code: 'late' }) }]);
  late.resolve(0.81);
  await late.promise;
  minutes(43);
  expect(scaler.scaleTo).not.toHaveBeenCalled();
  expect(decisions).toHaveLength(45);
});

it('takes samples that come in time, though not at once', async () => {
  const { scaler, decisions, minutes } = setUp(async () => 0.81);
  for (let minute = 0; minute < 45; minute++) {
    minutes(1);
    await vi.waitFor(() => expect(decisions).toHaveLength(minute + 1), { interval: 0 });
  }
  expect(scaler.count).toBe(2);
});

it('counts samples that its process slept through as missing', () => {
  const { clock, decisions, scaler, minutes } = setUp(() => 0.81);
  minutes(40);
  // The timer fires 10 minutes late, as after a suspension.
  const now = clock.now();
  const sleeping = vi.spyOn(clock, 'now').mockImplementation(() => now + 10 * MINUTE);
  minutes(1);
  sleeping.mockRestore();
  expect(decisions.at(-1)).toMatchObject({ sample: 0.81, scaleOutAverage: undefined });
  expect(scaler.scaleTo).not.toHaveBeenCalled();
});

it.each<[string, () => number | Promise<number>]>([
  [
    'throws',
    () => {
      throw new Error('no answer');
    },
  ],
  ['is not an integer', () => 1.5],
  ['is negative', () => -1],
  ['is no number', () => '2' as never],
])('holds when the count %s, and keeps the sample', (_, wrong) => {
  const { scaler, decisions, failures, minutes } = setUp(() => 0.81);
  minutes(44);
  scaler.current.mockImplementationOnce(wrong);
  minutes(1);
  expect(decisions.at(-1)).toMatchObject({ reason: 'no_count', count: undefined, sample: 0.81 });
  expect(failures).toEqual([{ asked: 'current', error: expect.any(Error) }]);
  minutes(1);
  expect(scaler.count).toBe(2);
});

it('reports a scaler that fails, and tries again at the next decision', async () => {
  const { scaler, autoscaler, decisions, failures, minutes } = setUp(() => 0.81);
  scaler.scaleTo.mockImplementationOnce(() => Promise.reject(new Error('quota exceeded')));
  minutes(45);
  await vi.waitFor(() => expect(failures).toHaveLength(1));
  expect(failures[0]).toEqual({ asked: 'scaleTo', error: new Error('quota exceeded') });
  expect(scaler.count).toBe(1);
  minutes(1);
  expect(scaler.count).toBe(2);
  expect(decisions.slice(-2).map(({ reason }) => reason)).toEqual(['above', 'above']);
  expect(autoscaler.status().failures.scaleTo).toBe(1);
});

it('rests after a scaling that failed but has changed the count', () => {
  const { scaler, decisions, minutes } = setUp(() => 0.81);
  scaler.scaleTo.mockImplementationOnce((count) => {
    scaler.count = count;
    throw new Error('the answer was lost');
  });
  minutes(46);
  expect(decisions.at(-1)).toMatchObject({ reason: 'cooldown', count: 2 });
  minutes(18);
  expect(scaler.scaleTo).toHaveBeenCalledTimes(1);
});

it('never scales twice at once, and gives up what takes too long', () => {
  const { scaler, autoscaler, decisions, failures, minutes } = setUp(() => 0.81, 1, {
    scaleTimeoutMs: 10.5 * MINUTE,
  });
  scaler.scaleTo.mockImplementationOnce(() => new Promise(() => {}));
  minutes(45 + 10);
  expect(scaler.scaleTo).toHaveBeenCalledTimes(1);
  expect(decisions.slice(-10).map(({ reason }) => reason)).toEqual(
    new Array<string>(10).fill('scaling'),
  );
  expect(autoscaler.status().target).toBe(2);
  const [, signal] = scaler.scaleTo.mock.calls[0] as [number, AbortSignal];
  expect(signal.aborted).toBe(false);
  minutes(1);
  expect(signal.aborted).toBe(true);
  expect(failures).toEqual([
    { asked: 'scaleTo', error: expect.objectContaining({ code: 'late' }) },
  ]);
  expect(scaler.scaleTo).toHaveBeenCalledTimes(2);
  expect(scaler.count).toBe(2);
});

it('rests from the end of a scaling, not from its beginning', async () => {
  const { scaler, autoscaler, minutes } = setUp(() => 0.81, 1, { scaleTimeoutMs: 60 * MINUTE });
  const started = Promise.withResolvers<void>();
  const scaled = vi.fn();
  autoscaler.on('scaled', scaled);
  scaler.scaleTo.mockImplementationOnce((count) => {
    scaler.count = count;
    return started.promise;
  });
  minutes(45 + 7);
  started.resolve();
  await started.promise;
  await vi.waitFor(() => expect(scaled).toHaveBeenCalledTimes(1));
  expect(scaled).toHaveBeenCalledWith({ from: 1, to: 2, durationMs: 7 * MINUTE });
  minutes(19);
  expect(scaler.count).toBe(2);
  minutes(1);
  expect(scaler.count).toBe(3);
});

it('ends with stop(), once and for all, and leaves no timer', async () => {
  const { clock, scaler, autoscaler, decisions, failures, minutes } = setUp(() => 0.81);
  const scaling = Promise.withResolvers<void>();
  scaler.scaleTo.mockImplementationOnce(() => scaling.promise);
  minutes(45);
  autoscaler.stop();
  autoscaler.stop();
  expect(clock.pendingTimers).toBe(0);
  expect((scaler.scaleTo.mock.calls[0] as [number, AbortSignal])[1].aborted).toBe(true);
  scaling.reject(new Error('aborted'));
  await scaling.promise.catch(() => {});
  minutes(100);
  expect(decisions).toHaveLength(45);
  expect(failures).toEqual([]);
  expect(autoscaler.status().running).toBe(false);
});

it('does not scale when a listener stops it on hearing the decision', () => {
  const { scaler, autoscaler, minutes } = setUp(() => 0.81);
  autoscaler.on('decision', ({ action }) => {
    if (action !== 'hold') autoscaler.stop();
  });
  minutes(45);
  expect(scaler.scaleTo).not.toHaveBeenCalled();
});

it('does not keep its process from ending', () => {
  const unref = vi.fn();
  const timer = { cancel() {}, unref };
  setUp(() => 0.81, 1, { clock: { now: () => 0, setTimer: () => timer } });
  expect(unref).toHaveBeenCalledTimes(1);
});

it('tells its logger of scalings and of failures', () => {
  const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  let fails = true;
  const metric = () => {
    if (fails) throw new Error('no answer');
    return 0.81;
  };
  const { minutes } = setUp(metric, 1, { logger, name: 'prices' });
  minutes(1);
  expect(logger.warn).toHaveBeenCalledWith('autoscaler got no answer', {
    autoscaler: 'prices',
    asked: 'metric',
    error: new Error('no answer'),
  });
  fails = false;
  minutes(45);
  expect(logger.info.mock.calls).toEqual([
    ['autoscaler scales', expect.objectContaining({ autoscaler: 'prices', reason: 'above' })],
    ['autoscaler has scaled', { autoscaler: 'prices', from: 1, to: 2, durationMs: 0 }],
  ]);
});

it('shows its state as one plain object', () => {
  const { autoscaler, minutes } = setUp(() => 0.81);
  minutes(45);
  const status = autoscaler.status();
  expect(JSON.parse(JSON.stringify(status))).toEqual({
    name: 'autoscale',
    running: true,
    min: 1,
    max: 4,
    count: 1,
    sample: 0.81,
    scaleOut: { average: expect.closeTo(0.81, 9), missing: 0, cooldownMs: 20 * MINUTE },
    scaleIn: { average: expect.closeTo(0.81, 9), missing: 0, cooldownMs: 20 * MINUTE },
    decisions: expect.objectContaining({ window_not_full: 44, above: 1, cooldown: 0 }),
    failures: { metric: 0, current: 0, scaleTo: 0 },
  });
});

it.each<[Record<string, unknown>, string]>([
  [{ max: 0 }, 'autoscale.max must be a positive integer, got 0'],
  [{ min: 3, max: 2 }, 'autoscale.max must be at least min, 3, got 2'],
  [{ sampleMs: 0 }, 'autoscale.sampleMs must be a finite number of milliseconds above 0, got 0'],
  [{ metric: 0.8 }, 'autoscale.metric must be a function, got 0.8'],
  [{ scaler: {} as Scaler }, "autoscale.scaler must have a method 'current', got an object"],
  [{ scaleOut: {} }, 'autoscale.scaleOut.above must be a finite number, got undefined'],
  [
    { scaleIn: { below: 0.9 } },
    'autoscale.scaleIn.below must be at most scaleOut.above, 0.8, got 0.9',
  ],
  [
    { scaleIn: { below: 0.6, windowMs: 2 * MINUTE, maxMissing: 2 } },
    'autoscale.scaleIn.maxMissing must be below the 2 samples of the window, got 2',
  ],
  [
    { scaleOut: { above: 0.8, windowMs: 1e12 } },
    'autoscale.scaleOut.windowMs must hold at most 1000000 samples of 60000 ms, got 1000000000000',
  ],
  [{ maximum: 3 }, "autoscale.maximum is not an option; did you mean 'max'?"],
])('refuses %j', (wrong, message) => {
  expect(() => setUp(() => 0, 1, wrong as never)).toThrow(message);
});
