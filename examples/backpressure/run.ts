import { measureRow, type Row } from './row.ts';
import { startServer } from './server-process.ts';
import { differences, type Expectation, TABLE } from './table.ts';

export interface RunOptions {
  readonly concurrency: number;
  readonly operationMs: number;
  /** @defaultValue 3 */
  readonly moments?: number;
  readonly signal: AbortSignal;
  readonly onRow?: (row: MeasuredRow) => void;
}

export interface MeasuredRow {
  readonly expected: Expectation;
  readonly row: Row;
  /** Empty when the row is as in the table. */
  readonly differences: readonly string[];
}

/** What `--json` prints. */
export interface Result {
  readonly passed: boolean;
  readonly concurrency: number;
  readonly operationMs: number;
  readonly rows: readonly MeasuredRow[];
  readonly serverEndedByItself: boolean;
}

const MOMENTS = 3;
/** A machine that is busy for a whole operation misses the moment; the row is then measured anew. */
const MOST_TRIES = 4;

/** Starts the server and measures each row of the table with it; the server does not outlive the run. */
export async function runTable({
  concurrency,
  operationMs,
  moments = MOMENTS,
  signal,
  onRow,
}: RunOptions): Promise<Result> {
  const { origin, stop } = await startServer({ concurrency, operationMs });
  const rows: MeasuredRow[] = [];
  try {
    for (const expected of TABLE) {
      const connections = expected.connections * concurrency;
      const options = { origin, concurrency, operationMs, connections, moments, signal };
      let row = await measureRow(options);
      for (let tries = 1; row.late && tries < MOST_TRIES; tries++) {
        row = await measureRow(options);
      }
      const measured = { expected, row, differences: differences(row, expected) };
      rows.push(measured);
      onRow?.(measured);
    }
    const serverEndedByItself = await stop();
    const asInTable = rows.every((each) => each.differences.length === 0);
    const passed = asInTable && serverEndedByItself;
    return { passed, concurrency, operationMs, rows, serverEndedByItself };
  } finally {
    await stop();
  }
}
