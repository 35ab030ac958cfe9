import type { FiguresOf } from './judge.ts';
import type { Sample } from './measure.ts';
import type { Measured } from './rounds.ts';
import { median, ratiosByRound } from './statistics.ts';

/** What was measured, by row and contender. */
export class Results {
  readonly #measured: ReadonlyMap<string, Measured>;

  constructor(measured: readonly Measured[]) {
    this.#measured = new Map(measured.map((each) => [keyOf(each.row, each.contender), each]));
  }

  find(row: string, contender: string): Measured | undefined {
    return this.#measured.get(keyOf(row, contender));
  }

  /** What has failed has none: half of a contender's rounds say nothing of it. */
  readonly figuresOf: FiguresOf = (row, contender, figure) => {
    const found = this.find(row, contender);
    if (found === undefined || found.failure !== undefined) return [];
    return found.samples.map((sample) => sample[figure]);
  };

  microsOf(row: string, contender: string): readonly number[] {
    return this.figuresOf(row, contender, 'microsPerRequest');
  }

  /** The median of what one took in a round of what the other took in it; none without rounds. */
  ratioOf(
    one: { readonly row: string; readonly contender: string },
    other: { readonly row: string; readonly contender: string },
  ): number | undefined {
    return medianIfAny(
      ratiosByRound(
        this.microsOf(one.row, one.contender),
        this.microsOf(other.row, other.contender),
      ),
    );
  }
}

export function medianIfAny(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values);
}

/** The median of each figure. */
export function middleOf(samples: readonly Sample[]): Sample {
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

function keyOf(row: string, contender: string): string {
  return `${contender} ${row}`;
}
