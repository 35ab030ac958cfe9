import type { Table } from '../tables.ts';
import type { Cells } from './cells.ts';
import { plot } from './plot.ts';
import { type Block, chaptersOf, type Report } from './report.ts';

const barWidth = 40;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The whole report for a terminal. */
export function terminalReport(report: Report): string {
  const chapters = chaptersOf(report).map(
    ({ title, blocks }) =>
      `${title}\n${'='.repeat(title.length)}\n\n${blocks.map(drawn).join('\n\n')}`,
  );
  return `${chapters.join('\n\n\n')}\n`;
}

function drawn(block: Block): string {
  if (block.kind === 'text') return block.text;
  const parts = [...(block.title === undefined ? [] : [block.title]), aligned(block.cells)];
  if (block.kind === 'table') parts.push(bars(block.table));
  if (block.kind === 'curve') parts.push(plot(block.curve));
  return parts.filter(Boolean).join('\n\n');
}

/** The first column to the left, figures to the right; a short line (a failure) is left as it is. */
function aligned({ head, body }: Cells): string {
  const lines = [head, ...body];
  const full = lines.filter((line) => line.length === head.length);
  const widths = head.map((_, column) =>
    Math.max(...(column === 0 ? lines : full).map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          if (line.length < head.length && column > 0) return cell;
          const width = widths[column] as number;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('   ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}

function bars({ lines }: Table): string {
  const measured = lines.flatMap(({ contender, sample }) =>
    sample ? [{ contender, micros: sample.microsPerRequest }] : [],
  );
  const longest = Math.max(...measured.map(({ micros }) => micros));
  const width = Math.max(...measured.map(({ contender }) => contender.length));
  return measured
    .map(({ contender, micros }) => {
      return `  ${contender.padEnd(width)}  ${bar(micros / longest)} ${micros.toFixed(0)} µs`;
    })
    .join('\n');
}

function bar(share: number): string {
  const units = Math.round(share * barWidth * 8);
  return '█'.repeat(units >> 3) + eighths[units & 7];
}
