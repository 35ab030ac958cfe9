#!/usr/bin/env node
import { optionsOrExit } from './options.ts';
import { runTable } from './run.ts';
import { HEADER, listed, rowLine } from './table.ts';

const OPERATION_MS = 2_000;
const { speed, concurrency, json } = optionsOrExit(process.argv.slice(2), process.env);

// An interrupted run still ends its server.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort(new Error(`ended by ${signal}`)));
}

const print = (...lines: readonly string[]) => {
  if (!json) console.log(lines.join('\n'));
};
const operations = concurrency === 1 ? '1 operation' : `${concurrency} operations`;
print(`${operations} of 2 s at once; ${speed} times as fast.`, '', ...HEADER);
try {
  const result = await runTable({
    concurrency,
    operationMs: Math.round(OPERATION_MS / speed),
    signal: interruption.signal,
    onRow: ({ row, differences }) => {
      print(rowLine(row, differences.length === 0), ...differences.map((each) => `      ${each}`));
    },
  });
  if (json) console.log(JSON.stringify(result, null, 2));
  const liveness = listed(result.rows.flatMap(({ row }) => row.liveness));
  const ended = result.serverEndedByItself ? 'by itself' : 'only when it was killed';
  print(
    '',
    `  GET /liveness: ${liveness}. The server ended ${ended} after SIGTERM.`,
    `  ${result.passed ? '✓ this is the table' : '✗ this is not the table'}`,
  );
  process.exitCode = result.passed ? 0 : 1;
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  console.error((interruption.signal.reason as Error).message);
  process.exitCode = 130;
}
