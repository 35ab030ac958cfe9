import type { RequestRecord, SimulatorStats } from '@spillway/azure-openai-simulator';
import { type Check, checkRun } from './checks.ts';
import type { Call } from './load.ts';
import type { Measurements } from './run.ts';
import type { Scenario } from './scenario.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface DeploymentResult {
  readonly requests: number;
  readonly served: number;
  readonly servedBeforeSpike: number;
  readonly refused: number;
  readonly tokens: number;
  /** As callers saw it, in real milliseconds. */
  readonly latencyMs: Percentiles;
}

/** Rates per minute of the test's own time, one number for each tenth of such a minute. */
export interface Series {
  readonly bucketMs: number;
  readonly calls: readonly number[];
  readonly ptu1: readonly number[];
  readonly payg1: readonly number[];
  readonly refusedByPtu1: readonly number[];
  readonly refusedToCallers: readonly number[];
}

/** What `--json` prints. */
export interface Result {
  readonly passed: boolean;
  readonly checks: readonly Check[];
  readonly scenario: Scenario;
  readonly callers: {
    readonly requests: number;
    readonly streamed: number;
    readonly throttled: number;
    readonly failed: number;
    readonly latencyMs: Percentiles;
  };
  readonly ptu1: DeploymentResult;
  readonly payg1: DeploymentResult;
  readonly gateway: { readonly spillovers: number; readonly trips: number };
  readonly series: Series;
}

export const BUCKETS = 36;

export function resultOf(scenario: Scenario, measured: Measurements): Result {
  const { calls, ptu, payg, startedAt, metrics } = measured;
  const spillovers = sumOf(metrics, 'spillway_spillovers_total');
  const checks = checkRun(scenario, { ...measured, spillovers });
  const failed = calls.filter(({ status, error }) => status !== 429 && error !== undefined);
  const refusals = calls.filter(({ status }) => status === 429);
  const spikeAt = startedAt + scenario.spikeAtMs;

  const deployment = (id: string, stats: SimulatorStats): DeploymentResult => ({
    requests: stats.requests,
    served: stats.served,
    servedBeforeSpike: servedOf(stats).filter(({ at }) => at < spikeAt).length,
    refused: stats.refused,
    tokens: stats.tokens,
    latencyMs: percentilesOf(calls.filter(({ backend }) => backend === id)),
  });
  const since = (records: readonly RequestRecord[]) => records.map(({ at }) => at - startedAt);
  const rate = (moments: readonly number[]) => ratesOf(moments, scenario);

  return {
    passed: checks.every(({ passed }) => passed),
    checks,
    scenario,
    callers: {
      requests: calls.length,
      streamed: calls.filter(({ streamed }) => streamed).length,
      throttled: refusals.length,
      failed: failed.length,
      latencyMs: percentilesOf(calls.filter(({ error }) => error === undefined)),
    },
    ptu1: deployment('ptu1', ptu),
    payg1: deployment('payg1', payg),
    gateway: { spillovers, trips: sumOf(metrics, 'spillway_breaker_trips_total') },
    series: {
      bucketMs: scenario.durationMs / BUCKETS,
      calls: rate(calls.map(({ at }) => at)),
      ptu1: rate(since(servedOf(ptu))),
      payg1: rate(since(servedOf(payg))),
      refusedByPtu1: rate(since(ptu.records.filter(({ outcome }) => outcome === 'refused'))),
      refusedToCallers: rate(refusals.map(({ at }) => at)),
    },
  };
}

function servedOf({ records }: SimulatorStats): readonly RequestRecord[] {
  return records.filter(({ outcome }) => outcome === 'served');
}

function ratesOf(moments: readonly number[], scenario: Scenario): number[] {
  const bucketMs = scenario.durationMs / BUCKETS;
  const counts = new Array<number>(BUCKETS).fill(0);
  for (const moment of moments) {
    // A request that began in time may reach its deployment a little after the end.
    const index = Math.min(BUCKETS - 1, Math.max(0, Math.floor(moment / bucketMs)));
    counts[index] = (counts[index] as number) + 1;
  }
  return counts.map((count) => rounded((count * scenario.minuteMs) / bucketMs));
}

/** To a tenth: no clock here is better. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Nearest rank. */
function percentilesOf(calls: readonly Call[]): Percentiles {
  const sorted = calls.map(({ durationMs }) => durationMs).sort((one, other) => one - other);
  const at = (share: number) => rounded(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** The sum over all labels of one metric, from the Prometheus text format. */
function sumOf(metrics: string, name: string): number {
  const samples = metrics.split('\n').filter((line) => /^[a-z_]+/.exec(line)?.[0] === name);
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
