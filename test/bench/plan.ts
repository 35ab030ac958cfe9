import { type Contender, contenders } from './contenders.ts';
import { type Goal, goals, needsOf, rowsOf } from './goals.ts';
import { twins } from './noise.ts';
import type { Options } from './options.ts';
import { type Row, rows } from './rows.ts';

/** A contender on a row that it is measured on. */
export interface Pair {
  readonly contender: Contender;
  readonly row: Row;
  /**
   * `close`: goals depend on it that take many rounds, and every generation of servers; `brief`:
   * goals that a few rounds of one generation tell; `shown`: none at all.
   */
  readonly effort: 'close' | 'brief' | 'shown';
}

/** What is measured in which order; it depends on the command line only, never on the clock. */
export interface Plan {
  readonly quick: boolean;
  readonly pairs: readonly Pair[];
  /** The rows and the contenders of the pairs. */
  readonly rows: readonly Row[];
  readonly contenders: readonly Contender[];
  /** The goals that can be judged by the pairs, each with the rows on which it can. */
  readonly goals: readonly Goal[];
  /** Goals and rows that were not asked for. */
  readonly leftOut: readonly Goal[];
  /**
   * Rounds of close pairs, for each generation of server processes. A process can be slow for all
   * its life (how its heap grew, what was compiled when), so that the rounds of one generation
   * alone would agree with each other and be wrong.
   */
  readonly generations: readonly number[];
  /** Rounds of the others; the last generation runs them. */
  readonly briefRounds: number;
  readonly shownRounds: number;
  /** Seconds of load before the first round, for each process on each row. */
  readonly warmUpSeconds: number;
  /** Seconds of one measurement. */
  readonly seconds: number;
  /** Whether requests that wait are measured, after all else. */
  readonly waiting: boolean;
  /** How many of them. */
  readonly waitingCount: number;
  /** Whether a limit that instances share is measured, at the very end. */
  readonly instances: boolean;
  readonly totalSeconds: number;
}

interface Budget {
  /** For contenders on rows. */
  readonly seconds: number;
  readonly generations: number;
  /** Of all generations, however long that takes. */
  readonly fewestRounds: number;
  readonly briefRounds: number;
  readonly shownRounds: number;
  readonly warmUpSeconds: number;
  readonly waitingCount: number;
  readonly waitingSeconds: number;
}

const full: Budget = {
  seconds: 590,
  generations: 3,
  fewestRounds: 9,
  briefRounds: 3,
  shownRounds: 2,
  warmUpSeconds: 2,
  waitingCount: 100_000,
  waitingSeconds: 25,
};
const quick: Budget = {
  seconds: 74,
  generations: 2,
  fewestRounds: 3,
  briefRounds: 2,
  shownRounds: 2,
  warmUpSeconds: 1,
  waitingCount: 5_000,
  waitingSeconds: 7,
};
const seconds = 1;
/** The rows of a curve share their processes: what one of them warms up is warm for the next. */
const curveWarmUpSeconds = 1;
/** Load takes a little longer than its window, and each process a moment to start. */
const windowSeconds = 1.06;
const startSeconds = 0.5;
const instancesSeconds = 9;

/** Gives the rows with close goals as many rounds as the time allows. */
export function makePlan(options: Options): Plan {
  const budget = options.quick ? quick : full;
  const pairs = choosePairs(options);
  const chosen = contenders.filter((c) => pairs.some(({ contender }) => contender === c));
  const [asked, leftOut] = divide(goals, pairs, options.quick);

  const briefRounds = options.rounds ?? budget.briefRounds;
  const shownRounds = options.rounds ?? budget.shownRounds;
  const timeOf = (pair: Pair, rounds: number) =>
    warmUpOf(budget, pair.row) + rounds * windowSeconds;
  const close = pairs.filter(({ effort }) => effort === 'close');
  const once = pairs
    .filter(({ effort }) => effort !== 'close')
    .reduce(
      (sum, pair) => sum + timeOf(pair, pair.effort === 'brief' ? briefRounds : shownRounds),
      chosen.length * startSeconds,
    );
  const count =
    close.length === 0 ? 1 : Math.min(budget.generations, options.rounds ?? budget.generations);
  const closeContenders = new Set(close.map(({ contender }) => contender)).size;
  const start =
    close.reduce((sum, pair) => sum + timeOf(pair, 0), 0) + closeContenders * startSeconds;
  const round = close.length * windowSeconds;
  const affordable = Math.floor((budget.seconds - once - count * start) / (count * round));
  const total =
    close.length === 0 ? 0 : (options.rounds ?? Math.max(budget.fewestRounds, count * affordable));
  const besides =
    (options.waiting ? budget.waitingSeconds : 0) + (options.instances ? instancesSeconds : 0);

  return {
    quick: options.quick,
    pairs,
    rows: rows.filter((r) => pairs.some(({ row }) => row === r)),
    contenders: chosen,
    goals: asked,
    leftOut,
    generations: split(total, count),
    briefRounds,
    shownRounds,
    warmUpSeconds: budget.warmUpSeconds,
    seconds,
    waiting: options.waiting,
    waitingCount: budget.waitingCount,
    instances: options.instances,
    totalSeconds: Math.ceil(once + count * start + total * round + besides),
  };
}

function choosePairs(options: Options): Pair[] {
  const isNeeded = (contender: Contender, row: Row) =>
    goals.some((goal) =>
      rowsOf(goal, options.quick).some((name) => {
        const needs = needsOf(goal, name);
        return needs.some((need) => need.contender === contender.name && need.row === row.name);
      }),
    ) || Object.values(twins).includes(contender.name);
  const pairs = rows
    .filter(({ name }) => options.rows.includes(name))
    .flatMap((row) =>
      contenders
        .filter(({ name, rows }) => options.contenders.includes(name) && rows.includes(row.name))
        .map((contender): Pair => {
          const effort = !isNeeded(contender, row) ? 'shown' : row.brief ? 'brief' : 'close';
          return { contender, row, effort };
        }),
    );
  return options.quick ? pairs.filter(({ effort }) => effort !== 'shown') : pairs;
}

/** What of the goals can be judged by these pairs, and what cannot. */
function divide(
  all: readonly Goal[],
  pairs: readonly Pair[],
  isQuick: boolean,
): [asked: Goal[], leftOut: Goal[]] {
  const judged = (goal: Goal, row: string) =>
    rowsOf(goal, isQuick).includes(row) &&
    needsOf(goal, row).every((need) =>
      pairs.some((pair) => pair.contender.name === need.contender && pair.row.name === need.row),
    );
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

/** The rounds of a pair in a generation. */
export function roundsOf(plan: Plan, { effort }: Pair, generation: number): number {
  if (effort === 'close') return plan.generations[generation] as number;
  if (generation < plan.generations.length - 1) return 0;
  return effort === 'brief' ? plan.briefRounds : plan.shownRounds;
}

/** Seconds of load before the first round on a row. */
export function warmUpOf({ warmUpSeconds }: Pick<Plan, 'warmUpSeconds'>, row: Row): number {
  return row.curve === undefined ? warmUpSeconds : Math.min(warmUpSeconds, curveWarmUpSeconds);
}
