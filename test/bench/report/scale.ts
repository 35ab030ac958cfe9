import type { CurveFigures } from '../curve-figures.ts';

/** Where a value is between the bottom, 0, and the top, 1, of a picture; and what its ends stand for. */
export interface Scale {
  readonly bottom: number;
  readonly top: number;
  readonly isLogarithmic: boolean;
  shareOf(value: number): number;
}

/** Values that differ by more than this would be a flat line and a peak. */
const mostLinear = 30;

/** From zero; or by powers where the largest value is many times the smallest. */
export function scaleOf({ series }: Pick<CurveFigures, 'series'>): Scale | undefined {
  const values = series.flatMap((each) => each.values.filter((value) => value !== undefined));
  if (values.length === 0) return undefined;
  const top = Math.max(...values);
  const least = Math.min(...values);
  if (least <= 0 || top / least <= mostLinear) {
    return {
      bottom: 0,
      top,
      isLogarithmic: false,
      shareOf: (value) => (top === 0 ? 0 : value / top),
    };
  }
  const range = Math.log(top / least);
  return {
    bottom: least,
    top,
    isLogarithmic: true,
    shareOf: (value) => Math.log(value / least) / range,
  };
}

/** The unit of a scale, and how it is to be read. */
export function unitOf({ unit }: Pick<CurveFigures, 'unit'>, { isLogarithmic }: Scale): string {
  return isLogarithmic ? `${unit}, logarithmic` : unit;
}

/** A figure beside an axis. */
export function shown(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}
