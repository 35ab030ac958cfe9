import { styleText } from 'node:util';

const ROWS = 4;
const COLUMN_WIDTH = 2;
const GUTTER = 7;
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const SCALES = [0.05, 0.2, 1];

/** Shares from 0 to 1 as columns; one that is not 0 is seen, however small it is. */
export function shareChart(shares: readonly number[], [from, to]: readonly [string, string]) {
  const most = Math.max(...shares);
  const max = SCALES.find((scale) => scale >= most) ?? 1;
  const lines: string[] = [];
  for (let row = ROWS - 1; row >= 0; row--) {
    const cells = shares.map((share) => {
      const eighths = Math.round(Math.min(1, Math.max(0, (share / max) * ROWS - row)) * 8);
      const shown = row === 0 && share > 0 ? Math.max(1, eighths) : eighths;
      return (EIGHTHS[shown] as string).repeat(COLUMN_WIDTH);
    });
    const label = row === ROWS - 1 ? `${max * 100} %` : '';
    lines.push(
      `${label.padStart(GUTTER)} ┤${styleText('yellow', cells.join('').trimEnd())}`.trimEnd(),
    );
  }
  const width = shares.length * COLUMN_WIDTH;
  lines.push(`${'0'.padStart(GUTTER)} └${'─'.repeat(width)}`);
  lines.push(`${' '.repeat(GUTTER + 2)}${from}${to.padStart(width - from.length)}`);
  return lines;
}
