import type { CurveFigures } from '../curve-figures.ts';
import type { Limit } from '../judge.ts';
import type { Profile } from '../profile-contender.ts';
import { type Interval, median } from '../statistics.ts';
import type { Summary } from '../summary.ts';
import type { Line, Table } from '../tables.ts';
import { fewCount, leavingOf, type WaitingFigures } from '../waiting/figures.ts';

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

/** A quick run shows what it lets pass, too. */
export function goalCells({ judgements, quick }: Summary): Cells {
  const head = ['', 'row', 'of what', 'goal', 'median', 'interval of median', 'min – max'];
  return {
    head: [...head, ...(quick ? ['fails beyond'] : []), ''],
    body: judgements.map((judgement) => {
      const { subject, row, measure, limit, verdict, interval, spread } = judgement;
      const digits = digitsOf(limit);
      return [
        subject,
        row,
        measure,
        `${limit.bound === 'at most' ? '≤' : '≥'} ${withUnit(limit)}`,
        judgement.median === undefined ? '' : judgement.median.toFixed(digits),
        interval ? between(interval, digits) : '',
        spread ? between(spread, digits) : '',
        ...(quick ? [judgement.guard.toFixed(digits)] : []),
        verdict,
      ];
    }),
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

export function waitingCells(figures: WaitingFigures): Cells {
  const { count, bytes, serving, keys } = figures;
  const leaving = (line: number) => `${median(leavingOf(figures, line)).toFixed(2)} µs`;
  const of = (seconds: number) => `${((seconds / count) * 1e6).toFixed(1)} µs each`;
  return {
    head: ['', 'figure', ''],
    body: [
      ['memory that Spillway adds', `${grouped(bytes.spillway)} bytes`, 'each'],
      ['request and response, with Express', `${grouped(bytes.exchange)} bytes`, 'each'],
      ['connection, without a socket', `${grouped(bytes.connection)} bytes`, 'each'],
      [
        'leaving the middle of the line',
        leaving(count),
        `${leaving(fewCount)} among ${grouped(fewCount)}`,
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

/** A line for each series and point, and one for each figure that says how the series grows. */
export function curveCells({ labels, unit, pointTitle, series }: CurveFigures): Cells {
  return {
    head: [pointTitle, ...labels],
    body: series.flatMap(({ name, values, derived, failure }) => [
      [`${name}, ${unit}`, ...values.map(brief)],
      ...derived
        .filter((line) => line.values.some((value) => value !== undefined))
        .map((line) => [`· ${line.title}`, ...line.values.map(inDetail)]),
      ...(failure === undefined ? [] : [[name, failure]]),
    ]),
  };
}

const topTimes = 14;

/** What the dearest functions of each took themselves, side by side. */
export function profileCells(profiles: readonly Profile[]): Cells {
  const sides = profiles.map(({ times }) => times.slice(0, topTimes));
  return {
    head: ['', ...profiles.flatMap(({ contender, row }) => [`${contender} on ${row}`, 'µs'])],
    body: [
      ['', ...profiles.flatMap(({ microsPerRequest }) => ['in all', microsPerRequest.toFixed(1)])],
      ...Array.from({ length: topTimes }, (_, index) => [
        String(index + 1),
        ...sides.flatMap((times) => {
          const time = times[index];
          if (time === undefined) return ['', ''];
          return [`${time.name} ${shortPlace(time.place)}`.trim(), time.micros.toFixed(2)];
        }),
      ]),
    ],
  };
}

/** The last two parts of a path tell enough. */
function shortPlace(place: string): string {
  return place.split('/').slice(-2).join('/');
}

/** Three digits or so. */
function brief(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 1_000) return grouped(value);
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function inDetail(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}

function between({ low, high }: Interval, digits: number): string {
  return `${low.toFixed(digits)} – ${high.toFixed(digits)}`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en');
}
