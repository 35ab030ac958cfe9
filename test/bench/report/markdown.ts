import { type Summary, titleOf } from '../summary.ts';
import {
  busyNote,
  type Cells,
  goalCells,
  leftOutNote,
  tableCells,
  waitingCells,
  waitingTitle,
} from './cells.ts';

/** The report as a page; `chart` is the name of the picture beside it. */
export function markdownReport(summary: Summary, circumstances: string, chart: string): string {
  const parts = [
    '# Bench',
    `${circumstances} How it is measured: test/bench/README.md.`,
    `![Processor time per request](${chart})`,
  ];
  if (summary.judgements.length > 0) {
    parts.push('## Goals', grid(goalCells(summary.judgements)));
  }
  for (const note of [leftOutNote(summary.leftOut), busyNote(summary.tables)]) {
    if (note !== undefined) parts.push(note);
  }
  for (const table of summary.tables) {
    const rounds = `${table.rounds} rounds${table.informative ? '; informative' : ''}.`;
    parts.push(`## ${table.title}`, rounds, grid(tableCells(table)));
  }
  if (summary.waitingFailure !== undefined) {
    parts.push('## Requests that wait', summary.waitingFailure);
  } else if (summary.waiting !== undefined) {
    parts.push(`## ${waitingTitle(summary.waiting)}`, grid(waitingCells(summary.waiting)));
  }
  const names = new Set(summary.tables.flatMap(({ lines }) => lines.map((l) => l.contender)));
  parts.push(
    '## Contenders',
    [...names].map((name) => `- \`${name}\`: ${titleOf(name)}`).join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

function grid({ head, body }: Cells): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  const line = (cells: readonly string[]) =>
    `| ${head.map((_, column) => (cells[column] ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  return [head, rule, ...body].map(line).join('\n');
}
