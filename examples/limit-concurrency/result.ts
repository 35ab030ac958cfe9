import { type Check, checkReplays } from './checks.ts';
import type { Measurements } from './replay.ts';
import type { Scenario } from './scenario.ts';

/** A run in the slot that it had; slots are numbered in the order of their first use. */
export interface Bar {
  readonly job: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Its caller had sent the job before, and it had not begun. */
  readonly sentAgain: boolean;
}

/** One replay, in real milliseconds. */
export interface ReplayResult {
  readonly sent: number;
  readonly timedOut: number;
  readonly gaveUp: number;
  readonly gaveUpAtWork: number;
  readonly answered: number;
  /** At the backend. */
  readonly runs: number;
  readonly mostAtOnce: number;
  readonly rounds: number;
  readonly elapsedMs: number;
  readonly idealMs: number;
  readonly slots: readonly (readonly Bar[])[];
}

/** What `--json` prints. */
export interface Result {
  readonly passed: boolean;
  readonly checks: readonly Check[];
  readonly scenario: Scenario;
  readonly replays: Replays;
}

export interface Replays {
  readonly unlimited: ReplayResult;
  readonly limited: ReplayResult;
  /** Limited, and the last callers give up after a while. */
  readonly impatient: ReplayResult;
}

export function resultOf(scenario: Scenario, replays: Replays): Result {
  const checks = checkReplays(scenario, replays);
  return { passed: checks.every(({ passed }) => passed), checks, scenario, replays };
}

/** @param idealRounds rounds of jobs, if nothing but the jobs took time */
export function replayResultOf(
  { runs, mostAtOnce, callers, elapsedMs }: Measurements,
  { jobMs }: Scenario,
  idealRounds: number,
): ReplayResult {
  const sum = (count: 'sent' | 'timedOut' | 'gaveUp' | 'gaveUpAtWork') =>
    callers.reduce((total, caller) => total + caller[count], 0);
  const sentTwice = new Set(callers.filter(({ sent }) => sent > 1).map(({ job }) => job));
  const slots = slotsOf(runs, sentTwice);
  return {
    sent: sum('sent'),
    timedOut: sum('timedOut'),
    gaveUp: sum('gaveUp'),
    gaveUpAtWork: sum('gaveUpAtWork'),
    answered: callers.filter(({ answered }) => answered).length,
    runs: runs.length,
    mostAtOnce,
    rounds: Math.max(...slots.map(({ length }) => length)),
    elapsedMs,
    idealMs: idealRounds * jobMs,
    slots,
  };
}

/** Each run goes to the first slot that is free when it begins: as many slots as there were runs at once. */
function slotsOf(runs: Measurements['runs'], sentTwice: ReadonlySet<number>): Bar[][] {
  const slots: Bar[][] = [];
  for (const run of runs.toSorted((one, other) => one.startedAt - other.startedAt)) {
    const free = slots.find((bars) => (bars.at(-1)?.toMs ?? 0) <= run.startedAt);
    const bar = {
      job: run.job,
      fromMs: run.startedAt,
      toMs: run.endedAt,
      sentAgain: sentTwice.has(run.job),
    };
    if (free === undefined) slots.push([bar]);
    else free.push(bar);
  }
  return slots;
}
