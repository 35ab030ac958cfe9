import { describe, expect, it } from 'vitest';
import { tablesOfFaults } from '../faults/page.ts';
import { read, rowsOf, sectionOf } from './markdown.ts';

const page = read('docs/faults.md');
const tables = tablesOfFaults();

describe('docs/faults.md has the table of faults as it is tried', () => {
  it.each(Object.entries(tables))('%s', (title, rows) => {
    expect(rowsOf(sectionOf(page, `## ${title}`))).toEqual(rows);
  });

  it('has no other', () => {
    const headings = Array.from(page.matchAll(/^## (.*)$/gm), ([, heading]) => heading);
    const withTables = headings.filter((heading) =>
      /^\| -/m.test(sectionOf(page, `## ${heading}`)),
    );
    expect(withTables).toEqual(Object.keys(tables));
  });
});
