import type { RolloutState } from '@spillway/express';
import { type Check, checkRollout, checkShadows } from './checks.ts';
import type { Act } from './options.ts';
import type {
  Decision,
  RolloutMeasurements,
  ShadowMeasurement,
  ShadowMeasurements,
} from './run.ts';
import type { Scenario } from './scenario.ts';

/** A time in which v2's share was the same. */
export interface Phase {
  readonly name: string;
  /** The share of v2 that was asked for. */
  readonly share: number;
  /** As the versions themselves counted them. */
  readonly requests: number;
  readonly toV2: number;
  /** What callers got who asked meanwhile; times are `undefined` where nobody did. */
  readonly failedByV2: number;
  readonly meanMsOfV2: number | undefined;
  readonly meanMsOfV1: number | undefined;
}

export interface RolloutResult {
  readonly state: RolloutState;
  readonly phases: readonly Phase[];
  readonly decisions: readonly Decision[];
  /** v2's share of the requests in each of equal parts of the run. */
  readonly received: readonly number[];
  readonly elapsedMs: number;
  readonly callers: { readonly requests: number; readonly failed: number };
  readonly failedByV2: number;
}

export interface ShadowsResult {
  readonly callers: {
    readonly requests: number;
    /** Those that got the right price, from v1. */
    readonly right: number;
  };
  readonly askedOfV1: number;
  readonly v2: ShadowMeasurement;
  readonly v3: ShadowMeasurement;
}

export type ActResult =
  | { readonly act: Exclude<Act, 'shadows'>; readonly rollout: RolloutResult }
  | { readonly act: 'shadows'; readonly shadows: ShadowsResult };

export type Result = {
  readonly passed: boolean;
  readonly scenario: Scenario;
  readonly acts: readonly (ActResult & { readonly checks: readonly Check[] })[];
};

export function resultOf(scenario: Scenario, acts: readonly ActResult[]): Result {
  const checked = acts.map((each) => ({
    ...each,
    checks:
      each.act === 'shadows'
        ? checkShadows(each.shadows, scenario)
        : checkRollout(each.act, each.rollout),
  }));
  const passed = checked.every(({ checks }) => checks.every((check) => check.passed));
  return { passed, scenario, acts: checked };
}

const COLUMNS = 34;

export function rolloutResultOf(measured: RolloutMeasurements): RolloutResult {
  const { state, decisions, arrivals, failedByV2, answers, elapsedMs } = measured;
  const received = Array.from({ length: COLUMNS }, (_, column) => {
    const within = (at: number) => Math.floor((at / elapsedMs) * COLUMNS) === column;
    const v2 = arrivals.v2.filter(within).length;
    const all = v2 + arrivals.v1.filter(within).length;
    return all === 0 ? 0 : v2 / all;
  });
  return {
    state,
    phases: phasesOf(measured),
    decisions,
    received,
    elapsedMs,
    callers: { requests: answers.length, failed: answers.filter(({ right }) => !right).length },
    failedByV2,
  };
}

/** Before the rollout, its steps, and after it. */
function phasesOf({ decisions, arrivals, answers }: RolloutMeasurements): Phase[] {
  const changes = decisions.filter(({ report: { decision } }) =>
    ['step', 'complete', 'abort'].includes(decision),
  );
  const begin = { atMs: 0, v1: 0, v2: 0, share: 0, name: 'before' };
  const marks = changes.map(({ atMs, v1, v2, report: { share, decision } }, index) => {
    const name = decision === 'step' ? `step ${index + 1}` : 'after';
    return { atMs, v1, v2, share, name };
  });
  const end = {
    atMs: Number.POSITIVE_INFINITY,
    v1: arrivals.v1.length,
    v2: arrivals.v2.length,
  };
  return [begin, ...marks].map((from, index) => {
    const to = marks[index] ?? end;
    const asked = answers.filter(({ askedAt }) => askedAt >= from.atMs && askedAt < to.atMs);
    const of = (name: string) => asked.filter(({ version }) => version === name);
    return {
      name: from.name,
      share: from.share,
      requests: to.v1 - from.v1 + to.v2 - from.v2,
      toV2: to.v2 - from.v2,
      failedByV2: of('v2').filter(({ status }) => status === 500).length,
      meanMsOfV2: mean(of('v2').map(({ durationMs }) => durationMs)),
      meanMsOfV1: mean(of('v1').map(({ durationMs }) => durationMs)),
    };
  });
}

function mean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value) / values.length;
}

export function shadowsResultOf({ answers, ...measured }: ShadowMeasurements): ShadowsResult {
  const right = answers.filter((answer) => answer.right && answer.version === 'v1').length;
  return { ...measured, callers: { requests: answers.length, right } };
}
