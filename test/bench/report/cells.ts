import type { Goal, Judgement, Limit } from '../goals.ts';
import { type Interval, median } from '../statistics.ts';
import type { Line, Table } from '../summary.ts';
import type { WaitingFigures } from '../waiting/figures.ts';

/** A table as text: the terminal and the Markdown file differ only in how they draw it. */
export interface Cells {
  readonly head: readonly string[];
  readonly body: readonly (readonly string[])[];
}

export function tableCells(table: Table): Cells {
  const compared = table.lines.some((line) => line.compared !== undefined);
  const head = ['', 'µs/request', 'min – max', 'requests/s', 'mean ms', 'p50 ms', 'p99 ms', 'busy'];
  return {
    head: compared ? [...head, 'µs compared'] : head,
    body: table.lines.map((line) => lineCells(line, compared)),
  };
}

function lineCells({ contender, sample, spread, compared, failure }: Line, withCompared: boolean) {
  if (sample === undefined || spread === undefined) return [contender, failure ?? ''];
  const cells = [
    contender,
    sample.microsPerRequest.toFixed(1),
    between(spread, 1),
    grouped(sample.requestsPerSecond),
    sample.meanMs.toFixed(2),
    sample.p50Ms.toFixed(2),
    sample.p99Ms.toFixed(2),
    `${Math.round(sample.busy * 100)} %`,
  ];
  if (!withCompared) return cells;
  return [...cells, compared ? `${compared.ratio.toFixed(2)} of ${compared.with}` : ''];
}

export function goalCells(judgements: readonly Judgement[]): Cells {
  return {
    head: ['', 'row', 'of what', 'goal', 'median', 'interval of median', 'min – max', ''],
    body: judgements.map(
      ({ subject, row, measure, limit, verdict, median: middle, interval, spread }) => [
        subject,
        row,
        measure,
        `${limit.bound === 'at most' ? '≤' : '≥'} ${withUnit(limit)}`,
        middle === undefined ? '' : middle.toFixed(digitsOf(limit)),
        interval ? between(interval, digitsOf(limit)) : '',
        spread ? between(spread, digitsOf(limit)) : '',
        verdict,
      ],
    ),
  };
}

function withUnit({ value, unit }: Limit): string {
  const digits = value < 10 ? 2 : 0;
  return unit === undefined ? value.toFixed(digits) : `${value.toFixed(digits)} ${unit}`;
}

/** As many as tell values near the limit apart. */
function digitsOf({ value }: Limit): number {
  return value < 10 ? 3 : 1;
}

export function waitingTitle({ count }: WaitingFigures): string {
  return `${grouped(count)} requests that wait, without sockets`;
}

export function waitingCells({ count, bytes, leaving, serving, keys }: WaitingFigures): Cells {
  const of = (seconds: number) => `${((seconds / count) * 1e6).toFixed(1)} µs each`;
  return {
    head: ['', 'figure', ''],
    body: [
      ['memory that Spillway adds', `${grouped(bytes.spillway)} bytes`, 'each'],
      ['request and response, with Express', `${grouped(bytes.exchange)} bytes`, 'each'],
      ['connection, without a socket', `${grouped(bytes.connection)} bytes`, 'each'],
      [
        'leaving the middle of the line',
        `${median(leaving.manyMicros).toFixed(2)} µs`,
        `${median(leaving.fewMicros).toFixed(2)} µs among ${grouped(leaving.fewCount)}`,
      ],
      ['until all are answered', `${serving.seconds.toFixed(2)} s`, of(serving.seconds)],
      ['the same without a queue', `${serving.bareSeconds.toFixed(2)} s`, of(serving.bareSeconds)],
      [
        'memory of a key, forgotten',
        `${keys.bytesPerForgottenKey.toFixed(1)} bytes`,
        `each of ${grouped(keys.count)}`,
      ],
    ],
  };
}

const leastBusy = 0.8;

/** Says which of the figures that goals depend on to distrust, if any. */
export function busyNote(tables: readonly Table[]): string | undefined {
  const waited = tables.flatMap(({ row, lines }) =>
    lines
      .filter(({ sample, needsCore }) => needsCore && sample && sample.busy < leastBusy)
      .map(({ contender }) => `${contender} on ${row}`),
  );
  if (waited.length === 0) return undefined;
  return (
    `Less than ${leastBusy * 100} % busy: ${waited.join(', ')}. A server that waits for its core or ` +
    'for its requests takes longer for each of them: repeat this on a quieter machine.'
  );
}

/** Says which goals this run did not judge, if any. */
export function leftOutNote(leftOut: readonly Goal[]): string | undefined {
  if (leftOut.length === 0) return undefined;
  const named = leftOut.map(
    ({ contender, against, rows }) => `${contender} / ${against} on ${rows.join(' and ')}`,
  );
  return `Goals that this run was not asked to judge: ${named.join(', ')}.`;
}

function between({ low, high }: Interval, digits: number): string {
  return `${low.toFixed(digits)} – ${high.toFixed(digits)}`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en');
}
