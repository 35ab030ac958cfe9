import type uPlot from 'uplot';
import { minuteOfDay, timeOfDay } from '../format.ts';
import { rangeOf, type Series, stack } from './series.ts';

/** What a chart is drawn with: `#rrggbb` of the page's style, so that both themes have their own. */
export interface Palette {
  readonly series: readonly string[];
  readonly grid: string;
  readonly text: string;
  readonly refused: string;
  readonly font: string;
}

const SERIES_COLOURS = 8;
const MINUTE_MS = 60_000;

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    series: Array.from({ length: SERIES_COLOURS }, (_, index) => value(`--series-${index}`)),
    grid: value('--line'),
    text: value('--muted'),
    refused: value('--danger'),
    font: `${Number.parseFloat(style.fontSize) * 0.86}px ${style.fontFamily}`,
  };
}

export interface PlotOptions {
  readonly series: readonly Series[];
  readonly stacked: boolean;
  readonly palette: Palette;
  readonly format: (value: number) => string;
  /** The scale's top is at least this. */
  readonly atLeast: number;
  readonly width: number;
  readonly height: number;
  /** The point under the pointer, by its index. */
  readonly onPoint: (index: number | null) => void;
}

/** A series' colour; there are eight, and a ninth series has the first again. */
export function colourOf({ colour, dashed }: Series, palette: Palette): string {
  if (dashed || colour === undefined) return palette.refused;
  return palette.series[colour % SERIES_COLOURS] as string;
}

/** What uPlot draws: times, then the stack from its top down, so that each layer ends at the next. */
export function dataOf(
  times: readonly number[],
  series: readonly Series[],
  stacked: boolean,
): uPlot.AlignedData {
  const drawn = stacked ? layersOf(series) : series;
  return [times as number[], ...drawn.map(({ values }) => values as number[])];
}

function layersOf(series: readonly Series[]): Series[] {
  const layers = stack(series.filter(({ dashed }) => !dashed)).reverse();
  return [...layers, ...series.filter(({ dashed }) => dashed)];
}

export function plotOptions(options: PlotOptions): uPlot.Options {
  const { palette, stacked, format, atLeast, width, height, onPoint } = options;
  const drawn = stacked ? layersOf(options.series) : options.series;
  const layers = drawn.filter(({ dashed }) => !dashed).length;
  const axis = {
    font: palette.font,
    stroke: palette.text,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    ms: 1,
    legend: { show: false },
    cursor: {
      sync: { key: 'room' },
      drag: { x: false, y: false, setScale: false },
      y: false,
      points: { size: 7 },
    },
    padding: [10, 8, 0, 0],
    scales: {
      x: { range: ({ data }) => [...rangeOf(data[0] as number[])] as uPlot.Range.MinMax },
      y: { range: (_plot, _min, max) => [0, Math.max(atLeast, (max ?? 0) * 1.08)] },
    },
    axes: [
      {
        ...axis,
        space: 72,
        size: 28,
        values: (_plot, splits, _axis, _space, stepMs) =>
          splits.map(stepMs < MINUTE_MS ? timeOfDay : minuteOfDay),
      },
      {
        ...axis,
        space: 34,
        size: (_plot, values) =>
          18 + 7 * Math.max(1, ...(values ?? []).map(({ length }) => length)),
        values: (_plot, splits) => splits.map(format),
      },
    ],
    series: [
      {},
      ...drawn.map((series): uPlot.Series => {
        const stroke = colourOf(series, palette);
        return {
          label: series.name,
          stroke,
          width: 1.5,
          points: { show: false },
          ...(series.dashed && { dash: [4, 4] }),
          ...(stacked && !series.dashed && { fill: `${stroke}61` }),
        };
      }),
    ],
    ...(stacked && {
      bands: Array.from({ length: Math.max(0, layers - 1) }, (_, index) => ({
        series: [index + 1, index + 2] as uPlot.Band.Bounds,
      })),
    }),
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}
