import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contenders } from './contenders.ts';
import { curves } from './curves.ts';
import { goals } from './goals.ts';
import { rows } from './rows.ts';

/** The lines of the tables of its page, cell by cell. */
const lines = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe("the bench's page", () => {
  it.each([
    ...contenders.map(({ name }) => name),
    ...rows.flatMap(({ name, curve }) => (curve === undefined ? [name] : [])),
    ...curves.map(({ name }) => name),
  ])('has a line for %s', (name) => {
    expect(lines.some(([, first = '']) => first.includes(`\`${name}\``))).toBe(true);
  });

  it('has the ceilings, and no others', () => {
    const head = lines.findIndex((cells) => cells.at(-2) === 'ceiling');
    const end = lines.findIndex((cells, index) => index > head && cells.length !== 6);
    const documented = lines.slice(head + 2, end).map(([, goal = '', asked, , ceiling]) => ({
      contender: /^`([^`]+)`/.exec(goal)?.[1],
      limit: Number(asked),
      ceiling: Number(ceiling),
    }));
    expect(documented).toEqual(
      goals
        .filter(({ ceiling }) => ceiling !== undefined)
        .map(({ contender, limit, ceiling }) => ({ contender, limit, ceiling })),
    );
  });
});
