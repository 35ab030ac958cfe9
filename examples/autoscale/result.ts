import type { Check } from '@spillway/example-charts/page.ts';
import { checkRun } from './checks.ts';
import type { Call } from './load.ts';
import type { Measurements, Sample } from './run.ts';
import type { Scenario } from './scenario.ts';

/** One number for each part of the run. */
export interface Series {
  readonly bucketMs: number;
  /** Requests a second. */
  readonly load: readonly number[];
  /** Of each instance, 1 is one core; 0 where there is none. */
  readonly use: readonly [first: readonly number[], second: readonly number[]];
  readonly instances: readonly number[];
  /** 95th percentile, in milliseconds. */
  readonly latencyMs: readonly number[];
}

/** A change of the number of instances. */
export interface Change {
  /** Milliseconds since the start of the load. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** What it was decided on. */
  readonly average: number;
}

/** What `--json` prints. */
export interface Result {
  readonly passed: boolean;
  readonly checks: readonly Check[];
  readonly scenario: Scenario;
  readonly requests: number;
  readonly failed: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly changes: readonly Change[];
  readonly series: Series;
}

export const BUCKETS = 36;

export function resultOf(scenario: Scenario, measured: Measurements): Result {
  const { calls, samples } = measured;
  const changes = changesIn(samples);
  const failed = calls.filter(({ status }) => status !== 200).length;
  const checks = checkRun(scenario, { ...measured, changes, failed });
  const latencies = calls.map(({ durationMs }) => durationMs);
  return {
    passed: checks.every(({ passed }) => passed),
    checks,
    scenario,
    requests: calls.length,
    failed,
    latencyMs: {
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
    },
    changes,
    series: seriesOf(scenario, calls, samples),
  };
}

function changesIn(samples: readonly Sample[]): Change[] {
  return samples.flatMap(({ at, decision }) => {
    const { action, count, target, scaleOutAverage, scaleInAverage } = decision;
    if (action === 'hold' || count === undefined || target === undefined) return [];
    const average = action === 'scale_out' ? scaleOutAverage : scaleInAverage;
    return [{ at, from: count, to: target, average: average ?? Number.NaN }];
  });
}

function seriesOf(
  { durationMs }: Scenario,
  calls: readonly Call[],
  samples: readonly Sample[],
): Series {
  const bucketMs = durationMs / BUCKETS;
  const inBucket = <T extends { readonly at: number }>(all: readonly T[]) =>
    Array.from({ length: BUCKETS }, (_, bucket) =>
      all.filter(({ at }) => Math.min(BUCKETS - 1, Math.floor(at / bucketMs)) === bucket),
    );
  const callsIn = inBucket(calls);
  const samplesIn = inBucket(samples);
  const use = (id: string) =>
    samplesIn.map((each) => mean(each.flatMap((sample) => sample.use[id] ?? [])));
  return {
    bucketMs,
    load: callsIn.map(({ length }) => (length / bucketMs) * 1_000),
    use: [use('instance-1'), use('instance-2')],
    instances: carriedOn(samplesIn.map((each) => each.at(-1)?.decision.count)),
    latencyMs: callsIn.map((each) =>
      percentile(
        each.map(({ durationMs }) => durationMs),
        0.95,
      ),
    ),
  };
}

/** Where nothing was seen it was as before. */
function carriedOn(counts: readonly (number | undefined)[]): number[] {
  let last = 1;
  return counts.map((count) => {
    last = count ?? last;
    return last;
  });
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Nearest rank; 0 without any. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
