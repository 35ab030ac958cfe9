import type { Row } from './row.ts';

/** A row of the table to be reproduced. */
export interface Expectation {
  /** For each operation that may run at once. */
  readonly connections: number;
  readonly readiness: number;
  /** Which of autocannon's requests are refused. */
  readonly refused: 'none' | 'most';
  readonly manual: number;
  readonly queueRatio: number;
}

/**
 * With a concurrency of 1: of 3 one runs and 2 wait, as many as a ready service may have waiting;
 * of 4 one too many waits; of 5 four wait, the queue is full; a sixth has no place.
 */
export const TABLE: readonly Expectation[] = [
  { connections: 3, readiness: 200, refused: 'none', manual: 200, queueRatio: 2 },
  { connections: 4, readiness: 429, refused: 'none', manual: 200, queueRatio: 3 },
  { connections: 5, readiness: 429, refused: 'none', manual: 503, queueRatio: 4 },
  { connections: 6, readiness: 429, refused: 'most', manual: 503, queueRatio: 4 },
];

/** What in the row is not as in the table, in words; empty if it matches. */
export function differences(row: Row, expected: Expectation): string[] {
  const found: string[] = [];
  const check = (what: string, values: readonly number[], value: number) => {
    if (values.length === 0 || values.some((each) => each !== value)) {
      found.push(`${what} is ${listed(values)}, not ${value}`);
    }
  };
  check('GET /readiness', row.readiness, expected.readiness);
  check('GET /liveness', row.liveness, 200);
  check('GET /expensive-op (manual)', row.manual, expected.manual);
  check('the queue ratio', row.ratioDuring, expected.queueRatio);
  check('the queue ratio after the load', [row.ratioAfter], 0);
  check('GET /readiness after the load', [row.readinessAfter], 200);

  const { answered, refused, failed } = row;
  if (answered === 0) found.push('nothing was answered');
  if (failed > 0) found.push(`${failed} requests failed`);
  if (expected.refused === 'none' && refused > 0) found.push(`${refused} requests were refused`);
  if (expected.refused === 'most' && refused <= answered) {
    found.push(`only ${refused} requests were refused, and ${answered} answered`);
  }
  return found;
}

/** Each different value once: all moments of a row should agree. */
export function listed(values: readonly number[]): string {
  return [...new Set(values)].join(', ') || 'unknown';
}

const WIDTHS = [13, 12, 24, 15, 17, 5];

export const HEADER = [
  ['', 'GET', 'GET /expensive-op', '(manual)', 'queue ratio', 'as in'],
  ['connections', '/readiness', '(autocannon)', '', 'during → after', 'the table'],
].map(line);

export function rowLine(row: Row, matches: boolean): string {
  const { answered, refused } = row;
  return line([
    `-c ${row.connections}`,
    listed(row.readiness),
    `${answered} × 200${refused > 0 ? `, ${refused} × 503` : ''}`,
    listed(row.manual),
    `${listed(row.ratioDuring)} → ${row.ratioAfter}`,
    matches ? 'yes' : 'NO',
  ]);
}

function line(cells: readonly string[]): string {
  return `  ${cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join('')}`.trimEnd();
}
