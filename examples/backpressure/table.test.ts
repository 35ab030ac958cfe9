import { expect, it } from 'vitest';
import type { Row } from './row.ts';
import { runTable } from './run.ts';
import { differences, type Expectation, HEADER, rowLine, TABLE } from './table.ts';

const five = TABLE[2] as Expectation;
const six = TABLE[3] as Expectation;

const full: Row = {
  connections: 5,
  readiness: [429, 429],
  liveness: [200, 200],
  answered: 9,
  refused: 0,
  failed: 0,
  manual: [503, 503],
  ratioDuring: [4, 4],
  ratioAfter: 0,
  readinessAfter: 200,
  late: false,
};

it('finds nothing in a row that is as in the table', () => {
  expect(differences(full, five)).toEqual([]);
  expect(differences({ ...full, refused: 4_000 }, six)).toEqual([]);
});

it.each<[Partial<Row>, string]>([
  [{ readiness: [429, 200] }, 'GET /readiness is 429, 200, not 429'],
  [{ readiness: [] }, 'GET /readiness is unknown, not 429'],
  [{ liveness: [503] }, 'GET /liveness is 503, not 200'],
  [{ manual: [200, 503] }, 'GET /expensive-op (manual) is 200, 503, not 503'],
  [{ ratioDuring: [5] }, 'the queue ratio is 5, not 4'],
  [{ ratioAfter: 1 }, 'the queue ratio after the load is 1, not 0'],
  [{ readinessAfter: 429 }, 'GET /readiness after the load is 429, not 200'],
  [{ answered: 0 }, 'nothing was answered'],
  [{ failed: 2 }, '2 requests failed'],
  [{ refused: 1 }, '1 requests were refused'],
])('finds %j', (change, difference) => {
  expect(differences({ ...full, ...change }, five)).toEqual([difference]);
});

it('finds a sixth connection that is not refused most of the time', () => {
  const difference = 'only 9 requests were refused, and 9 answered';
  expect(differences({ ...full, refused: 9 }, six)).toEqual([difference]);
});

it('prints a row within 80 columns or so', () => {
  const line = rowLine({ ...full, connections: 18, refused: 12_345 }, true);
  expect(line).toBe(
    '  -c 18        429         9 × 200, 12345 × 503    503            4 → 0            yes',
  );
  expect(Math.max(...HEADER.map(({ length }) => length))).toBeLessThan(95);
});

it('measures the same table with three operations at once', async () => {
  const { signal } = new AbortController();
  const result = await runTable({ concurrency: 3, operationMs: 100, moments: 1, signal });
  expect(result.rows.map(({ differences: each }) => each)).toEqual([[], [], [], []]);
  expect(result.rows.map(({ row }) => row.connections)).toEqual([9, 12, 15, 18]);
  expect(result.passed).toBe(true);
});
