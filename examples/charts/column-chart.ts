import { styleText } from 'node:util';

export type Colour = 'blue' | 'yellow';

export interface ChartOptions {
  readonly title: string;
  readonly values: readonly number[];
  /** Top of the scale; charts that are compared share it. */
  readonly max: number;
  readonly rows: number;
  readonly colour: Colour;
  /** A level to compare with, drawn where the columns leave room. */
  readonly ruler?: { readonly value: number; readonly label: string };
}

const COLUMN_WIDTH = 2;
const GUTTER = 6;
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * Columns of block characters with a scale. At 36 values it is 79 characters wide; colour only
 * repeats what the title says.
 */
export function columnChart(options: ChartOptions): string[] {
  const { title, values, max, rows, colour, ruler } = options;
  const perRow = max / rows;
  // Drawn with an underscore, at the lower edge of the row that begins there.
  const rulerRow = ruler ? Math.round(ruler.value / perRow) : undefined;
  const width = values.length * COLUMN_WIDTH;
  const lines = [`${' '.repeat(GUTTER + 1)}${styleText('bold', title)}`];
  for (let row = rows - 1; row >= 0; row -= 1) {
    const isRuler = row === rulerRow;
    const cells = values.map((value) => {
      const eighths = Math.round(Math.min(1, Math.max(0, value / perRow - row)) * 8);
      // However little it is, something is not nothing.
      const shown = row === 0 && value > 0 ? Math.max(1, eighths) : eighths;
      const cell = (EIGHTHS[shown] as string).repeat(COLUMN_WIDTH);
      if (shown > 0) return styleText(colour, cell);
      return isRuler ? styleText('dim', '_'.padEnd(COLUMN_WIDTH)) : cell;
    });
    const top = row === rows - 1 ? String(max) : '';
    const label = isRuler && ruler ? ruler.label : top;
    lines.push(`${label.padStart(GUTTER)}┤${cells.join('').trimEnd()}`);
  }
  lines.push(`${'0'.padStart(GUTTER)}└${'─'.repeat(width)}`);
  return lines;
}

/** The axis below charts of `values` columns: a label at each given share of their width. */
export function timeAxis(values: number, labels: readonly (readonly [number, string])[]): string {
  const width = values * COLUMN_WIDTH;
  let line = '';
  for (const [share, label] of labels) {
    const start = Math.max(0, Math.round(share * width - label.length / 2));
    const fitting = Math.min(start, width - label.length + 1);
    if (fitting >= line.length) line = line.padEnd(fitting) + label;
  }
  return `${' '.repeat(GUTTER + 1)}${line}`;
}

/** A line above charts of `values` columns: a mark at each given share of their width. */
export function momentsLine(values: number, shares: readonly number[]): string {
  const marks = new Array<string>(values * COLUMN_WIDTH).fill(' ');
  for (const share of shares) {
    marks[Math.min(marks.length - 1, Math.floor(share * marks.length))] = '▾';
  }
  return `${' '.repeat(GUTTER + 1)}${marks.join('')}`.trimEnd();
}

/** A round number at or above `value`, for the top of a scale. */
export function roundScale(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * unit >= value) ?? 10;
  return step * unit;
}
