import { baseline, contenders } from './contenders.ts';
import { type Goal, goals, type Judgement, judge } from './goals.ts';
import type { Sample } from './measure.ts';
import { answers, type Plan } from './plan.ts';
import type { Measured, Measurement } from './rounds.ts';
import { type Interval, median, ratiosByRound } from './statistics.ts';

/** One line of a row's table. */
export interface Line {
  readonly contender: string;
  readonly title: string;
  /** Medians over the rounds; absent when the contender could not be measured. */
  readonly sample?: Sample;
  readonly spread?: Interval;
  /** The median ratio to the baseline of the same round. */
  readonly ofBaseline?: number;
  /** Why there are no figures. */
  readonly failure?: string;
}

export interface Table {
  readonly row: string;
  readonly title: string;
  readonly informative: boolean;
  readonly rounds: number;
  readonly lines: readonly Line[];
}

export interface Summary {
  readonly tables: readonly Table[];
  readonly judgements: readonly Judgement[];
}

export function summarize(plan: Plan, measurement: Measurement): Summary {
  const micros = (row: string, contender: string) =>
    find(measurement, row, contender)?.samples.map((sample) => sample.microsPerRequest) ?? [];
  const asked = (goal: Goal) =>
    [goal.contender, goal.against].every((name) => plan.contenders.some((c) => c.name === name));

  return {
    tables: plan.rows.map((row) => ({
      row: row.name,
      title: row.title,
      informative: row.informative ?? false,
      rounds: Math.max(0, ...plan.contenders.map(({ name }) => micros(row.name, name).length)),
      lines: plan.contenders
        .filter((contender) => answers(contender, row))
        .map(({ name, title }) => {
          const failure = measurement.failures.get(name);
          const samples = find(measurement, row.name, name)?.samples ?? [];
          if (failure !== undefined || samples.length === 0) {
            return { contender: name, title, failure: failure ?? 'not measured' };
          }
          const own = micros(row.name, name);
          const ratios = ratiosByRound(own, micros(row.name, baseline));
          return {
            contender: name,
            title,
            sample: middleOf(samples),
            spread: { low: Math.min(...own), high: Math.max(...own) },
            ...(ratios.length > 0 ? { ofBaseline: median(ratios) } : {}),
          };
        }),
    })),
    judgements: goals.filter(asked).flatMap((goal) =>
      goal.rows
        .filter((name) => plan.rows.some((row) => row.name === name))
        .map((name) => {
          const failed = [goal.contender, goal.against].some((c) => measurement.failures.has(c));
          const ratios = failed
            ? []
            : ratiosByRound(micros(name, goal.contender), micros(name, goal.against));
          return judge(goal, name, ratios);
        }),
    ),
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
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    busy: of('busy'),
  };
}
