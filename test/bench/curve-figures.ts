import type { Contender } from './contenders.ts';
import { type Curve, curves } from './curves.ts';
import type { Plan } from './plan.ts';
import { medianIfAny, type Results } from './results.ts';
import { rowName, type Section } from './rows.ts';

/** How a figure grows, of one contender or of several that are compared. */
export interface CurveFigures {
  readonly name: string;
  readonly title: string;
  readonly section: Section | 'waiting';
  readonly unit: string;
  /** What the points count. */
  readonly pointTitle: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
}

/** A figure for each point; none where it could not be measured. */
export type Values = readonly (number | undefined)[];

export interface Series {
  readonly name: string;
  readonly own: boolean;
  readonly values: Values;
  /** What beside the values shows whether they grow. */
  readonly derived: readonly { readonly title: string; readonly values: Values }[];
  /** Why values are missing. */
  readonly failure?: string;
}

/** The curves of a plan, as far as their points were measured; one point alone is no curve. */
export function curvesOf(plan: Plan, results: Results): CurveFigures[] {
  return curves.flatMap((curve) => {
    const points = curve.points.filter((point) =>
      plan.rows.some(({ name }) => name === rowName(curve, point)),
    );
    if (points.length < 2) return [];
    const { name, title, section, pointTitle } = curve;
    const measured = plan.contenders.filter((contender) =>
      plan.pairs.some((pair) => pair.contender === contender && pair.row.curve === curve),
    );
    return {
      name,
      title,
      section,
      unit: 'µs',
      pointTitle,
      labels: points.map((point) => curve.labelOf(point)),
      series: measured.map((contender) => seriesOf(curve, points, contender, results)),
    };
  });
}

function seriesOf(
  curve: Curve,
  points: readonly number[],
  { name, own = false, comparedWith }: Contender,
  results: Results,
): Series {
  const places = points.map((point) => ({ row: rowName(curve, point), contender: name }));
  const values = places.map(({ row }) => medianIfAny(results.microsOf(row, name)));
  const growth =
    curve.measure === 'times the first'
      ? places.map((place) => results.ratioOf(place, places[0] ?? place))
      : perKib(points, values);
  const compared = places.map((place) =>
    results.ratioOf(place, { ...place, contender: comparedWith ?? '' }),
  );
  const failure = places.map(({ row }) => results.find(row, name)?.failure).find(Boolean);
  return {
    name,
    own,
    values,
    derived: [
      { title: curve.measure, values: growth },
      ...(compared.some(Boolean) ? [{ title: `of ${comparedWith}`, values: compared }] : []),
    ],
    ...(failure !== undefined && { failure }),
  };
}

/** What each KiB costs beyond what the first point, an empty body, does. */
export function perKib(points: readonly number[], values: Values): Values {
  const [first] = values;
  return points.map((bytes, index) => {
    const value = values[index];
    if (first === undefined || value === undefined || bytes === 0) return undefined;
    return (value - first) / (bytes / 1_024);
  });
}
