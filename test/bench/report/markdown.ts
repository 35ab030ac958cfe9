import type { Cells } from './cells.ts';
import { plot } from './plot.ts';
import { type Block, chaptersOf, contendersOf, type Report } from './report.ts';

export interface Picture {
  readonly title: string;
  readonly file: string;
}

/** The report as a page, with the pictures beside it. */
export function markdownReport(report: Report, pictures: readonly Picture[]): string {
  const parts = [
    '# Bench',
    `${report.circumstances} How it is measured: test/bench/README.md.`,
    ...pictures.map(({ title, file }) => `![${title}](${file})`),
    ...chaptersOf(report).flatMap(({ title, blocks }) => [`## ${title}`, ...blocks.map(drawn)]),
    '## Contenders',
    contendersOf(report)
      .map(([name, title]) => `- \`${name}\`: ${title}`)
      .join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function drawn(block: Block): string {
  if (block.kind === 'text') return block.text;
  const parts = [...(block.title === undefined ? [] : [`### ${block.title}`]), grid(block.cells)];
  if (block.kind === 'curve') parts.push(`\`\`\`text\n${plot(block.curve)}\n\`\`\``);
  return parts.join('\n\n');
}

function grid({ head, body }: Cells): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  const line = (cells: readonly string[]) =>
    `| ${head.map((_, column) => (cells[column] ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  return [head, rule, ...body].map(line).join('\n');
}
