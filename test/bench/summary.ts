import { type Contender, contenders } from './contenders.ts';
import { type Goal, goals, type Judgement, judgeGoal } from './goals.ts';
import type { Sample } from './measure.ts';
import type { Plan } from './plan.ts';
import type { Measured, Measurement } from './rounds.ts';
import { type Interval, median, ratiosByRound } from './statistics.ts';
import { judgeWaiting, type WaitingFigures } from './waiting/figures.ts';

/** One line of a row's table. */
export interface Line {
  readonly contender: string;
  readonly title: string;
  /** Medians over the rounds; absent when the contender could not be measured. */
  readonly sample?: Sample;
  readonly spread?: Interval;
  /** The median ratio of processor time to another contender's in the same round. */
  readonly compared?: { readonly ratio: number; readonly with: string };
  readonly own: boolean;
  /** A goal depends on it that can only be judged of a server that has nothing to wait for. */
  readonly needsCore: boolean;
  /** Why there are no figures. */
  readonly failure?: string;
}

export interface Table {
  readonly row: string;
  readonly title: string;
  /** No goal depends on it. */
  readonly informative: boolean;
  readonly rounds: number;
  readonly lines: readonly Line[];
}

export interface Summary {
  readonly tables: readonly Table[];
  readonly judgements: readonly Judgement[];
  /** Goals that this run was not asked to measure, with their rows. */
  readonly leftOut: readonly Goal[];
  readonly waiting?: WaitingFigures;
  /** Why there are no figures of requests that wait. */
  readonly waitingFailure?: string;
}

/** What became of the measurement of requests that wait. */
export type WaitingOutcome = WaitingFigures | Error | undefined;

export function summarize(plan: Plan, measurement: Measurement, waiting: WaitingOutcome): Summary {
  const figures = (row: string, contender: string, figure: keyof Sample) =>
    find(measurement, row, contender)?.samples.map((sample) => sample[figure]) ?? [];
  const goalsOn = (row: string) => goals.filter(({ rows }) => rows.includes(row));
  const line = (row: string, { name, title, comparedWith = '', own = false }: Contender): Line => {
    const failure = measurement.failures.get(name);
    const samples = find(measurement, row, name)?.samples ?? [];
    const needsCore = goalsOn(row).some(
      ({ measure, contender }) =>
        measure === 'processor time' || (measure === 'requests/s' && contender === name),
    );
    const about = { contender: name, title, own, needsCore };
    if (failure !== undefined || samples.length === 0) {
      return { ...about, failure: failure ?? 'not measured' };
    }
    const micros = figures(row, name, 'microsPerRequest');
    const ratios = ratiosByRound(micros, figures(row, comparedWith, 'microsPerRequest'));
    return {
      ...about,
      sample: middleOf(samples),
      spread: { low: Math.min(...micros), high: Math.max(...micros) },
      ...(ratios.length > 0 && { compared: { ratio: median(ratios), with: comparedWith } }),
    };
  };
  const measuredWaiting = waiting instanceof Error ? undefined : waiting;

  return {
    tables: plan.rows.map(({ name, title }) => {
      const pairs = plan.pairs.filter(({ row }) => row.name === name);
      const counts = pairs.map(
        ({ contender }) => find(measurement, name, contender.name)?.samples.length ?? 0,
      );
      return {
        row: name,
        title,
        informative: goalsOn(name).length === 0,
        rounds: Math.max(0, ...counts),
        lines: pairs.map(({ contender }) => line(name, contender)),
      };
    }),
    judgements: [
      ...plan.goals.flatMap((goal) =>
        goal.rows.map((row) =>
          judgeGoal(goal, row, (contender, figure) =>
            measurement.failures.has(contender) ? [] : figures(row, contender, figure),
          ),
        ),
      ),
      ...(plan.waiting ? judgeWaiting(measuredWaiting) : []),
    ],
    leftOut: plan.leftOut,
    ...(measuredWaiting && { waiting: measuredWaiting }),
    ...(waiting instanceof Error && { waitingFailure: waiting.message }),
  };
}

/** A goal that was missed, or could not be judged although it was asked for, fails the run. */
export function exitCodeOf({ judgements }: Summary): number {
  if (judgements.some(({ verdict }) => verdict === 'missed')) return 1;
  return judgements.some(({ verdict }) => verdict === 'not measured') ? 2 : 0;
}

export function titleOf(name: string): string {
  return contenders.find((contender) => contender.name === name)?.title ?? name;
}

function find({ measured }: Measurement, row: string, contender: string): Measured | undefined {
  return measured.find((entry) => entry.row === row && entry.contender === contender);
}

function middleOf(samples: readonly Sample[]): Sample {
  const of = (figure: keyof Sample) => median(samples.map((sample) => sample[figure]));
  return {
    microsPerRequest: of('microsPerRequest'),
    requestsPerSecond: of('requestsPerSecond'),
    meanMs: of('meanMs'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    busy: of('busy'),
  };
}
