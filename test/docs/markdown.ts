import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A fenced block that its page says is a copy: `<!-- path -->`, the block, `<!-- /path -->`. */
export interface Copy {
  readonly path: string;
  readonly text: string;
}

export function copiesIn(markdown: string): Copy[] {
  const copies = markdown.matchAll(/<!-- (\S+) -->\n+```\w*\n(.*?)```\n+<!-- \/\1 -->/gs);
  return Array.from(copies, ([, path = '', text = '']) => ({ path, text }));
}

/** What a page may show of a file: the region that the file marks, without its indentation, or all of it. */
export function shownOf(source: string): string {
  const region = /^( *)\/\/ #region [^\n]*\n(.*?)^ *\/\/ #endregion/ms.exec(source);
  if (region === null) return source;
  const [, indentation = '', lines = ''] = region;
  return lines.replaceAll(new RegExp(`^${indentation}`, 'gm'), '');
}

/** The part of a page below a heading, up to the next one of the same level or above. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`there is no heading '${heading}'`);
  const level = heading.indexOf(' ');
  const isEnd = (line: string) => /^#+ /.test(line) && line.indexOf(' ') <= level;
  const length = lines.slice(start + 1).findIndex(isEnd);
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n');
}

/** The cells of a section's first table, or of the first with that head, without the head. */
export function rowsOf(section: string, head = ''): string[][] {
  const lines = section.split('\n');
  const isStart = (line: string, index: number) =>
    /^\| -/.test(line) && lines[index - 1]?.startsWith(`| ${head}`);
  const start = lines.findIndex(isStart);
  if (start === -1) throw new Error(`there is no table in:\n${section}`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 1)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
  }
  return rows;
}

/** `code` of a cell that begins with it. */
export function codeOf(cell = ''): string {
  const code = /^`([^`]+)`/.exec(cell)?.[1];
  if (code === undefined) throw new Error(`'${cell}' does not begin with code`);
  return code;
}

/** As the page's headings are linked to: GitHub's rule for them. */
export function anchorsIn(markdown: string): Set<string> {
  const text = markdown.replaceAll(/^```.*?^```/gms, '');
  return new Set(
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

/** Targets of links and images that lead to files of this repository or to headings. */
export function relativeLinksIn(markdown: string): string[] {
  const text = markdown.replaceAll(/^```.*?^```/gms, '');
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}
