import type { Point } from '../../src/contract.ts';
import { NONE } from '../format.ts';

/** One line, or one layer, of a chart; a value for each point. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Index into the palette; absent of what has a colour of its own. */
  readonly colour?: number;
  /** Drawn as a dashed line above the others. */
  readonly dashed?: boolean;
}

/** As many as there are colours. */
const MOST_LAYERS = 8;

/**
 * A layer for each backend, in the order given; those that have gone since come last. Where there are
 * too many to tell apart, the busiest have one, and the others one together.
 */
export function requestSeries(
  points: readonly Point[],
  pool: string,
  backends: readonly string[],
): Series[] {
  const totals = new Map(backends.map((id) => [id, 0]));
  for (const point of points) {
    for (const [id, rate] of Object.entries(point.pools[pool]?.requests ?? {})) {
      totals.set(id, (totals.get(id) ?? 0) + rate);
    }
  }
  const rate = (point: Point, id: string) => point.pools[pool]?.requests[id] ?? 0;
  const ids = [...totals.keys()];
  const own = ids.length <= MOST_LAYERS ? ids : busiest(totals, MOST_LAYERS - 1);
  const series = own.map((id, colour) => ({
    name: id,
    colour,
    values: points.map((point) => rate(point, id)),
  }));
  if (own === ids) return series;
  const others = ids.filter((id) => !own.includes(id));
  const values = points.map((point) => others.reduce((sum, id) => sum + rate(point, id), 0));
  return [...series, { name: `${others.length} others`, colour: MOST_LAYERS - 1, values }];
}

/** Those with the highest values, in the order that they have in the map. */
function busiest(totals: ReadonlyMap<string, number>, most: number): string[] {
  const byTotal = [...totals].sort(([, one], [, other]) => other - one);
  const chosen = new Set(byTotal.slice(0, most).map(([id]) => id));
  return [...totals.keys()].filter((id) => chosen.has(id));
}

/** What the backends of a pool refused or failed, of all of them together. */
export function refusedSeries(points: readonly Point[], pool: string): Series {
  const sum = (values: Readonly<Record<string, number>>) =>
    Object.values(values).reduce((total, value) => total + value, 0);
  return {
    name: 'refused or failed',
    dashed: true,
    values: points.map((point) => sum(point.pools[pool]?.refused ?? {})),
  };
}

/** How long callers waited for their answers. */
export function latencySeries(points: readonly Point[], policy: string): Series[] {
  const at = (point: Point) => point.policies[policy] ?? point.pools[policy];
  return [
    { name: 'p50', colour: 0, values: points.map((point) => at(point)?.p50Ms ?? null) },
    { name: 'p99', colour: 1, values: points.map((point) => at(point)?.p99Ms ?? null) },
  ];
}

export function queueSeries(points: readonly Point[], gates: readonly string[]): Series[] {
  return gates.map((name, colour) => ({
    name,
    colour,
    values: points.map((point) => point.gates[name]?.queueRatio ?? null),
  }));
}

/** Each layer as the sum of it and those below it: what is drawn of a stack. */
export function stack(layers: readonly Series[]): Series[] {
  let below: readonly number[] = [];
  return layers.map((layer) => {
    const sums = layer.values.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    below = sums;
    return { ...layer, values: sums };
  });
}

const MINUTE_MS = 60_000;
const RANGES_MS = [1, 2, 5, 10, 15].map((minutes) => minutes * MINUTE_MS);

/** The time that a chart covers: fifteen minutes, or less while there is less to see. */
export function rangeOf(times: readonly number[]): readonly [from: number, to: number] {
  const from = times[0] ?? 0;
  const to = times.at(-1) ?? from;
  const range = RANGES_MS.find((ms) => ms >= to - from) ?? (RANGES_MS.at(-1) as number);
  return [to - range, to];
}

export function valueAt(series: Series, index: number, format: (value: number) => string): string {
  const value = series.values[index];
  return value == null ? NONE : format(value);
}
