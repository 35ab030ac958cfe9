import type { Measurements } from '../conduct/measurements.ts';
import { KINDS } from '../kinds.ts';

export interface KindRow {
  readonly kind: string;
  readonly total: number;
  readonly ok: number;
  readonly left: number;
  /** What else came of them, with how often; the most frequent first. */
  readonly others: readonly (readonly [outcome: string, count: number])[];
}

/** What came of the requests of each kind. */
export function kindRows({ counts }: Measurements): KindRow[] {
  return KINDS.map(({ name }) => {
    const { ok = 0, left = 0, ...rest } = counts[name] ?? {};
    const others = Object.entries(rest).filter(([, count]) => count > 0);
    const total = others.reduce((sum, [, count]) => sum + count, ok + left);
    return {
      kind: name,
      total,
      ok,
      left,
      others: others.sort(([, one], [, other]) => other - one),
    };
  });
}

export function sumOf(rows: readonly KindRow[], figure: (row: KindRow) => number): number {
  return rows.reduce((sum, row) => sum + figure(row), 0);
}

/** `12 bad_gateway, 3 gateway_timeout` */
export function toldOthers({ others }: KindRow): string {
  return others.map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}
