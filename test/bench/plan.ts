import { type Contender, contenders } from './contenders.ts';
import { contendersOf, type Goal, goals, rowsOf } from './goals.ts';
import type { Options } from './options.ts';
import { type Row, rows } from './rows.ts';

/** A contender on a row that it is measured on. */
export interface Pair {
  readonly contender: Contender;
  readonly row: Row;
}

/** What is measured in which order; it depends on the command line only, never on the clock. */
export interface Plan {
  readonly pairs: readonly Pair[];
  /** The rows and the contenders of the pairs. */
  readonly rows: readonly Row[];
  readonly contenders: readonly Contender[];
  /** The goals that can be judged by the pairs, each with the rows on which it can. */
  readonly goals: readonly Goal[];
  /** Goals and rows that were not asked for. */
  readonly leftOut: readonly Goal[];
  /**
   * Rounds of the rows that goals depend on closely, for each generation of server processes. A
   * process can be slow for all its life (how its heap grew, what was compiled when), so that the
   * rounds of one generation alone would agree with each other and be wrong.
   */
  readonly generations: readonly number[];
  /** Rounds of the brief rows; the last generation runs them. */
  readonly briefRounds: number;
  /** Seconds of load before the first round, for each process on each row. */
  readonly warmUpSeconds: number;
  /** Seconds of one measurement. */
  readonly seconds: number;
  /** Whether requests that wait are measured, after all else. */
  readonly waiting: boolean;
  /** Whether a limit that instances share is measured, at the very end. */
  readonly instances: boolean;
  readonly totalSeconds: number;
}

const quick = { seconds: 66, generations: 2, fewestRounds: 2, briefRounds: 2 };
const full = { seconds: 320, generations: 3, fewestRounds: 3, briefRounds: 3 };
const seconds = 1;
const warmUpSeconds = 2;
/** Load takes a little longer than its window, and each process a moment to start. */
const windowSeconds = 1.06;
const startSeconds = 0.5;
const waitingSeconds = 15;
const instancesSeconds = 9;

/** Gives the rows with close goals as many rounds as the time allows. */
export function makePlan(options: Options): Plan {
  const pairs = rows
    .filter(({ name }) => options.rows.includes(name))
    .flatMap((row) =>
      contenders
        .filter(({ name, rows }) => options.contenders.includes(name) && rows.includes(row.name))
        .map((contender) => ({ contender, row })),
    )
    .filter((pair) => !options.quick || goals.some((goal) => needs(goal, pair)));
  const chosenContenders = contenders.filter((c) => pairs.some(({ contender }) => contender === c));
  const [asked, leftOut] = divide(goals, pairs, options.quick);

  const budget = options.quick ? quick : full;
  const brief = pairs.filter(({ row }) => row.brief).length;
  const thorough = pairs.length - brief;
  const briefRounds = options.rounds ?? budget.briefRounds;
  const once = brief * (warmUpSeconds + briefRounds * windowSeconds);
  const count =
    thorough === 0 ? 1 : Math.min(budget.generations, options.rounds ?? budget.generations);
  const start = chosenContenders.length * startSeconds + thorough * warmUpSeconds;
  const round = thorough * windowSeconds;
  const affordable = Math.floor((budget.seconds - once - count * start) / (count * round));
  const total =
    thorough === 0 ? 0 : (options.rounds ?? count * Math.max(budget.fewestRounds, affordable));
  const waiting =
    (options.waiting ? waitingSeconds : 0) + (options.instances ? instancesSeconds : 0);

  return {
    pairs,
    rows: rows.filter((r) => pairs.some(({ row }) => row === r)),
    contenders: chosenContenders,
    goals: asked,
    leftOut,
    generations: split(total, count),
    briefRounds,
    warmUpSeconds,
    seconds,
    waiting: options.waiting,
    instances: options.instances,
    totalSeconds: Math.ceil(once + count * start + total * round + waiting),
  };
}

function needs(goal: Goal, { contender, row }: Pair): boolean {
  return rowsOf(goal, true).includes(row.name) && contendersOf(goal).includes(contender.name);
}

/** What of the goals can be judged by these pairs, and what cannot. */
function divide(
  all: readonly Goal[],
  pairs: readonly Pair[],
  isQuick: boolean,
): [asked: Goal[], leftOut: Goal[]] {
  const measured = (name: string, rowName: string) =>
    pairs.some(({ contender, row }) => contender.name === name && row.name === rowName);
  const judged = (goal: Goal, row: string) =>
    rowsOf(goal, isQuick).includes(row) &&
    contendersOf(goal).every((contender) => measured(contender, row));
  const only = (which: (goal: Goal, row: string) => boolean) =>
    all
      .map((goal) => ({ ...goal, rows: goal.rows.filter((row) => which(goal, row)) }))
      .filter(({ rows }) => rows.length > 0);
  return [only(judged), only((goal, row) => !judged(goal, row))];
}

/** Parts that differ by one at most, the larger ones first. */
function split(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.ceil((total - index) / parts));
}

/** The rounds of a row in a generation. */
export function roundsOf(plan: Plan, row: Row, generation: number): number {
  if (!row.brief) return plan.generations[generation] as number;
  return generation === plan.generations.length - 1 ? plan.briefRounds : 0;
}
