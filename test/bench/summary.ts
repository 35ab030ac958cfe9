import { contenders } from './contenders.ts';
import { type CurveFigures, curvesOf } from './curve-figures.ts';
import type { Goal } from './goals.ts';
import { type Judgement, judgeGoal } from './judge.ts';
import { guardOf, isRegression, noiseOf } from './noise.ts';
import type { Plan } from './plan.ts';
import { Results } from './results.ts';
import type { Measured } from './rounds.ts';
import { type Table, tablesOf } from './tables.ts';
import { judgeWaiting, type WaitingFigures, waitingCurves } from './waiting/figures.ts';

export interface Summary {
  readonly tables: readonly Table[];
  /** How cost grows, and what it is under failure. */
  readonly curves: readonly CurveFigures[];
  readonly judgements: readonly GuardedJudgement[];
  /** Goals that this run was not asked to measure, with their rows. */
  readonly leftOut: readonly Goal[];
  /** What fails the run is what got worse, not a goal that is missed. */
  readonly quick: boolean;
  /** By measure, see `noise.ts`. */
  readonly noise: Readonly<Record<string, number>>;
  readonly waiting?: WaitingFigures;
  /** Why there are no figures of requests that wait. */
  readonly waitingFailure?: string;
}

export interface GuardedJudgement extends Judgement {
  /** How far the figure may lie in this run before it counts as worse than today. */
  readonly guard: number;
  readonly isRegression: boolean;
}

/** What became of the measurement of requests that wait. */
export type WaitingOutcome = WaitingFigures | Error | undefined;

export function summarize(
  plan: Plan,
  measured: readonly Measured[],
  waiting: WaitingOutcome,
): Summary {
  const results = new Results(measured);
  const noise = noiseOf(results.figuresOf);
  const measuredWaiting = waiting instanceof Error ? undefined : waiting;
  const judgements = [
    ...plan.goals.flatMap((goal) =>
      goal.rows.map((row) => judgeGoal(goal, row, results.figuresOf)),
    ),
    ...(plan.waiting ? judgeWaiting(measuredWaiting) : []),
  ];

  return {
    tables: tablesOf(plan, results),
    curves: [
      ...curvesOf(plan, results),
      ...(measuredWaiting ? waitingCurves(measuredWaiting) : []),
    ],
    judgements: judgements.map((judgement) => ({
      ...judgement,
      guard: guardOf(judgement, noise),
      isRegression: isRegression(judgement, noise),
    })),
    leftOut: plan.leftOut,
    quick: plan.quick,
    noise: Object.fromEntries(noise),
    ...(measuredWaiting && { waiting: measuredWaiting }),
    ...(waiting instanceof Error && { waitingFailure: waiting.message }),
  };
}

/**
 * A goal that was missed fails a full run; a quick one, which has too few rounds to tell what is
 * close, fails when something is worse than today. What could not be judged although it was asked
 * for fails both.
 */
export function exitCodeOf({ judgements, quick }: Summary): number {
  const fails = ({ verdict, isRegression }: GuardedJudgement) =>
    quick ? isRegression : verdict === 'missed';
  if (judgements.some(fails)) return 1;
  return judgements.some(({ verdict }) => verdict === 'not measured') ? 2 : 0;
}

export function titleOf(name: string): string {
  return contenders.find((contender) => contender.name === name)?.title ?? name;
}
