import { type Contender, contenders } from './contenders.ts';
import type { Options } from './options.ts';
import { type Row, rows } from './rows.ts';

/** What is measured in which order; it depends on the command line only, never on the clock. */
export interface Plan {
  readonly contenders: readonly Contender[];
  readonly rows: readonly Row[];
  /**
   * Rounds of the rows that goals depend on, for each generation of server processes. A process
   * can be slow for all its life (how its heap grew, what was compiled when), so that the rounds of
   * one generation alone would agree with each other and be wrong.
   */
  readonly generations: readonly number[];
  /** Rounds of the other rows; the last generation runs them. */
  readonly informativeRounds: number;
  /** Seconds of load before the first round, for each process on each row. */
  readonly warmUpSeconds: number;
  /** Seconds of one measurement. */
  readonly seconds: number;
  readonly totalSeconds: number;
}

const quick = { seconds: 78, generations: 2, informativeRounds: 2 };
const full = { seconds: 235, generations: 3, informativeRounds: 3 };
const fewestRounds = 3;
const seconds = 1;
const warmUpSeconds = 3;
/** Load takes a little longer than its window, and each process a moment to start. */
const windowSeconds = 1.06;
const startSeconds = 0.5;

/** Gives the rows with goals as many rounds as the time allows. */
export function makePlan(options: Options): Plan {
  const chosenContenders = contenders.filter(({ name }) => options.contenders.includes(name));
  const chosenRows = rows.filter(({ name }) => options.rows.includes(name));
  const pairs = (informative: boolean) =>
    chosenRows
      .filter((row) => (row.informative === true) === informative)
      .flatMap((row) => chosenContenders.filter((contender) => answers(contender, row))).length;

  const budget = options.quick ? quick : full;
  const informativeRounds = options.rounds ?? budget.informativeRounds;
  const once = pairs(true) * (warmUpSeconds + informativeRounds * windowSeconds);
  const count = Math.min(budget.generations, options.rounds ?? budget.generations);
  const warmUp = chosenContenders.length * startSeconds + pairs(false) * warmUpSeconds;
  const round = pairs(false) * windowSeconds;
  const affordable = Math.floor((budget.seconds - once - count * warmUp) / (count * round));
  const total = options.rounds ?? count * Math.max(fewestRounds, affordable);

  return {
    contenders: chosenContenders,
    rows: chosenRows,
    generations: pairs(false) === 0 ? [0] : split(total, count),
    informativeRounds,
    warmUpSeconds,
    seconds,
    totalSeconds: Math.ceil(once + count * warmUp + (pairs(false) === 0 ? 0 : total * round)),
  };
}

/** Parts that differ by one at most, the larger ones first. */
function split(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.ceil((total - index) / parts));
}

/** The rounds of a row in a generation. */
export function roundsOf(plan: Plan, row: Row, generation: number): number {
  if (!row.informative) return plan.generations[generation] as number;
  return generation === plan.generations.length - 1 ? plan.informativeRounds : 0;
}

export function answers(contender: Contender, row: Row): boolean {
  return contender.rows?.includes(row.name) ?? true;
}
