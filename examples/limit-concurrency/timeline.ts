import { styleText } from 'node:util';
import type { ReplayResult } from './result.ts';
import { clockFace, type Scenario } from './scenario.ts';

const COLUMNS_PER_JOB = 7;
const GUTTER = 8;

/** Who ran when: a row for each slot, below a scale. A job with a star was sent more than once. */
export function timelineOf({ slots, idealMs }: ReplayResult, scenario: Scenario): string[] {
  const perColumn = scenario.jobMs / COLUMNS_PER_JOB;
  const column = (ms: number) => Math.round(ms / perColumn);
  const rounds = Math.round(idealMs / scenario.jobMs);
  const moments = Array.from({ length: rounds }, (_, round) =>
    clockFace(round * scenario.jobMs, scenario).padEnd(COLUMNS_PER_JOB),
  );
  const rows = slots.map((bars, index) => {
    let row = '';
    for (const { job, fromMs, toMs, sentAgain } of bars) {
      row = row.padEnd(column(fromMs));
      const width = Math.max(0, column(toMs) - row.length - 2);
      row += `├${centred(`${job}${sentAgain ? '*' : ''}`, width)}┤`;
    }
    return `${`slot ${index + 1}`.padEnd(GUTTER)}${styleText('blue', row)}`;
  });
  return [`${' '.repeat(GUTTER)}${moments.join('').trimEnd()}`, ...rows];
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return text.padStart(Math.max(0, left) + text.length, '─').padEnd(width, '─');
}
