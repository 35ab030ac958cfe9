import { signal } from '@preact/signals';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { timeOfDay } from '../format.ts';
import { theme } from '../frame/theme.ts';
import { ChartTable } from './chart-table.tsx';
import { dataOf, paletteOf, plotOptions } from './plot.ts';
import { type Series, valueAt } from './series.ts';

/** The point that the pointer is at, in all charts at once. */
const pointed = signal<number | null>(null);

export interface ChartProps {
  readonly title: string;
  /** Whose, where there are several such charts. */
  readonly of?: string;
  /** Milliseconds since the epoch, one for each value of a series. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly stacked?: boolean;
  readonly format: (value: number) => string;
  /** The scale's top is at least this. */
  readonly atLeast: number;
}

/** Series over the last fifteen minutes: a picture, a legend with values, and the table behind them. */
export function Chart({ title, of, times, series, stacked = false, format, atLeast }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [width, setWidth] = useState(0);
  const titleId = useId();
  const names = series.map(({ name }) => name).join('\n');
  const data = useMemo(() => dataOf(times, series, stacked), [times, series, stacked]);

  useLayoutEffect(() => {
    const element = frame.current as HTMLDivElement;
    const observer = new ResizeObserver(([entry]) => {
      setWidth(Math.floor(entry?.contentRect.width ?? 0));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Names stand for the series, whose values follow below.
  useEffect(() => {
    const element = frame.current as HTMLDivElement;
    if (width === 0) return;
    const palette = paletteOf(element);
    const height = Math.round(Math.min(240, Math.max(150, width * 0.34)));
    const onPoint = (index: number | null) => {
      pointed.value = index;
    };
    const options = plotOptions({
      series,
      stacked,
      palette,
      format,
      atLeast,
      width,
      height,
      onPoint,
    });
    plot.current = new uPlot(options, data, element);
    return () => {
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names, width, stacked, theme.value]);

  useEffect(() => plot.current?.setData(data), [data]);

  const index = pointed.value ?? times.length - 1;
  const at = times[index];
  return (
    <figure class="chart" aria-labelledby={titleId}>
      <figcaption>
        <h4 id={titleId}>
          {title}
          {of !== undefined && <span class="hidden"> of {of}</span>}
        </h4>
        <span class="muted figures">{at === undefined ? '' : timeOfDay(at)}</span>
      </figcaption>
      <div class="plot" ref={frame} aria-hidden="true" />
      {times.length === 0 && <p class="muted">The first point comes within five seconds.</p>}
      <ul class="legend">
        {series.map((one) => (
          <li key={one.name}>
            <Swatch series={one} />
            <span class="name">{one.name}</span>{' '}
            <b class="figures">{valueAt(one, index, format)}</b>
          </li>
        ))}
      </ul>
      <ChartTable
        title={of === undefined ? title : `${title} of ${of}`}
        times={times}
        series={series}
        format={format}
      />
    </figure>
  );
}

function Swatch({ series: { colour = 0, dashed } }: { readonly series: Series }) {
  return <i class={dashed ? 'swatch dashed' : `swatch series-${colour % 8}`} aria-hidden="true" />;
}
