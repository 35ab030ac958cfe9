import type { Summary, Table } from '../summary.ts';
import {
  busyNote,
  type Cells,
  goalCells,
  leftOutNote,
  tableCells,
  waitingCells,
  waitingTitle,
} from './cells.ts';

const barWidth = 40;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The whole report for a terminal: for each row a table and its bars, then the goals. */
export function terminalReport(summary: Summary): string {
  const { tables, judgements, leftOut, waiting, waitingFailure } = summary;
  const parts = tables.map(
    (table) =>
      `${table.title} (${table.rounds} rounds${table.informative ? ', informative' : ''})\n\n` +
      `${aligned(tableCells(table))}\n\n${bars(table)}`,
  );
  if (waitingFailure !== undefined) parts.push(`Requests that wait: ${waitingFailure}`);
  if (waiting !== undefined) {
    parts.push(`${waitingTitle(waiting)}\n\n${aligned(waitingCells(waiting))}`);
  }
  const busy = busyNote(tables);
  if (busy !== undefined) parts.push(busy);
  if (judgements.length > 0) {
    parts.push(`Goals, judged within this run\n\n${aligned(goalCells(judgements))}`);
  }
  const missing = leftOutNote(leftOut);
  if (missing !== undefined) parts.push(missing);
  return `${parts.join('\n\n')}\n`;
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
