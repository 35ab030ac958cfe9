import { useState } from 'preact/hooks';
import { timeOfDay } from '../format.ts';
import type { ChartProps } from './chart.tsx';
import { valueAt } from './series.ts';

/** What a chart shows, as text: the latest first. */
export function ChartTable({ title, times, series, format }: Omit<ChartProps, 'atLeast' | 'of'>) {
  const [open, setOpen] = useState(false);
  const indices = times.map((_, index) => times.length - 1 - index);
  return (
    <details class="chart-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        As a table<span class="hidden">: {title}</span>
      </summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section class="scroll" tabIndex={0} aria-label={`${title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {indices.map((index) => (
                <tr key={times[index]}>
                  <th scope="row">{timeOfDay(times[index] as number)}</th>
                  {series.map((one) => (
                    <td key={one.name} class="number">
                      {valueAt(one, index, format)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
