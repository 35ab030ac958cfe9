import type { Contender } from './contenders.ts';
import { goals, needsOf } from './goals.ts';
import type { Sample } from './measure.ts';
import type { Plan } from './plan.ts';
import { middleOf, type Results } from './results.ts';
import type { Section } from './rows.ts';
import type { Interval } from './statistics.ts';

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
  readonly section: Section;
  /** The most that any contender had. */
  readonly rounds: number;
  readonly lines: readonly Line[];
}

/** A table for each row that is no point of a curve. */
export function tablesOf(plan: Plan, results: Results): Table[] {
  return plan.rows
    .filter(({ curve }) => curve === undefined)
    .map(({ name, title, section }) => {
      const pairs = plan.pairs.filter(({ row }) => row.name === name);
      const counts = pairs.map(
        ({ contender }) => results.find(name, contender.name)?.samples.length ?? 0,
      );
      return {
        row: name,
        title,
        section,
        rounds: Math.max(0, ...counts),
        lines: pairs.map(({ contender }) => lineOf(name, contender, results)),
      };
    });
}

function lineOf(row: string, contender: Contender, results: Results): Line {
  const { name, title, comparedWith, own = false } = contender;
  const { failure, samples = [] } = results.find(row, name) ?? {};
  const about = { contender: name, title, own, needsCore: needsCore(row, name) };
  if (failure !== undefined || samples.length === 0) {
    return { ...about, failure: failure ?? 'not measured' };
  }
  const micros = results.microsOf(row, name);
  const ratio =
    comparedWith === undefined
      ? undefined
      : results.ratioOf({ row, contender: name }, { row, contender: comparedWith });
  return {
    ...about,
    sample: middleOf(samples),
    spread: { low: Math.min(...micros), high: Math.max(...micros) },
    ...(ratio !== undefined && comparedWith && { compared: { ratio, with: comparedWith } }),
  };
}

function needsCore(row: string, contender: string): boolean {
  return goals.some(({ measure, ...goal }) => {
    if (measure === 'requests/s') return goal.contender === contender && goal.rows.includes(row);
    if (measure !== 'processor time') return false;
    const needs = goal.rows.flatMap((each) => needsOf({ measure, ...goal }, each));
    return needs.some((need) => need.row === row && need.contender === contender);
  });
}
