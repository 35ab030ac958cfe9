import type { Judgement } from '../goals.ts';
import type { Interval } from '../statistics.ts';
import type { Line, Table } from '../summary.ts';

/** A table as text: the terminal and the Markdown file differ only in how they draw it. */
export interface Cells {
  readonly head: readonly string[];
  readonly body: readonly (readonly string[])[];
}

export function tableCells(table: Table, baseline: string): Cells {
  const compared = table.lines.some((line) => line.ofBaseline !== undefined);
  const head = ['', 'µs/request', 'min – max', 'requests/s', 'p50 ms', 'p99 ms', 'busy'];
  return {
    head: compared ? [...head, `of ${baseline}`] : head,
    body: table.lines.map((line) => lineCells(line, compared)),
  };
}

function lineCells({ contender, sample, spread, ofBaseline, failure }: Line, compared: boolean) {
  if (sample === undefined || spread === undefined) return [contender, failure ?? ''];
  const cells = [
    contender,
    sample.microsPerRequest.toFixed(1),
    between(spread, 1),
    Math.round(sample.requestsPerSecond).toLocaleString('en'),
    sample.p50Ms.toFixed(1),
    sample.p99Ms.toFixed(1),
    `${Math.round(sample.busy * 100)} %`,
  ];
  return compared ? [...cells, ofBaseline?.toFixed(2) ?? ''] : cells;
}

export function goalCells(judgements: readonly Judgement[]): Cells {
  return {
    head: ['', 'row', 'goal', 'ratio', 'interval of median', 'min – max', ''],
    body: judgements.map(({ goal, row, verdict, median, interval, spread }) => [
      `${goal.contender} / ${goal.against}`,
      row,
      `≤ ${goal.limit.toFixed(2)}`,
      median?.toFixed(3) ?? '',
      interval ? between(interval, 3) : '',
      spread ? between(spread, 3) : '',
      verdict,
    ]),
  };
}

const leastBusy = 0.8;

/** Says which figures of rows with goals to distrust, if any. */
export function waitingNote(tables: readonly Table[]): string | undefined {
  const waited = tables
    .filter(({ informative }) => !informative)
    .flatMap(({ row, lines }) =>
      lines
        .filter(({ sample }) => sample !== undefined && sample.busy < leastBusy)
        .map(({ contender }) => `${contender} on ${row}`),
    );
  if (waited.length === 0) return undefined;
  return (
    `Less than ${leastBusy * 100} % busy: ${waited.join(', ')}. A server that waits for its core or ` +
    'for its requests takes longer for each of them: repeat this on a quieter machine.'
  );
}

function between({ low, high }: Interval, digits: number): string {
  return `${low.toFixed(digits)} – ${high.toFixed(digits)}`;
}
