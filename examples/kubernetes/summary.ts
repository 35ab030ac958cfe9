import { styleText } from 'node:util';
import type { Scenario } from './scenario.ts';
import type { Recording, Scaling, Second } from './simulation.ts';

const COLUMNS = 60;
const GUTTER = 15;
const BARS = ' ▁▂▃▄▅▆▇█';

/** The charts, the decisions and the totals, for a terminal of 80 columns and more. */
export function summaryOf(recording: Recording, scenario: Scenario): string {
  return [
    '',
    ...chartOf(recording.seconds, scenario),
    '',
    ...decisionsOf(recording.scalings, scenario),
    '',
    ...totalsOf(recording.seconds),
    '',
  ].join('\n');
}

/** A row for each figure; each column is the worst of its seconds. */
function chartOf(seconds: readonly Second[], { totalSeconds }: Scenario): string[] {
  const perColumn = Math.ceil(totalSeconds / COLUMNS);
  const columns = Array.from({ length: Math.ceil(seconds.length / perColumn) }, (_, column) =>
    seconds.slice(column * perColumn, (column + 1) * perColumn),
  );
  const row = (label: string, cells: string, note = '') =>
    `  ${label.padEnd(GUTTER)}${cells}  ${styleText('dim', note)}`.trimEnd();
  const bars = (label: string, value: (second: Second) => number, digits = 0) => {
    const heights = columns.map((each) => Math.max(...each.map(value)));
    const highest = Math.max(...heights);
    const cells = heights.map((height) => BARS[Math.ceil((height / highest) * 8 || 0)]);
    return row(label, cells.join(''), `up to ${highest.toFixed(digits)}`);
  };
  const digits = (label: string, value: (second: Second) => number) => {
    const cells = columns.map((each) => Math.min(...each.map(value)).toString(36));
    return row(label, cells.join(''));
  };
  return [
    row('', scaleOf(columns.length, perColumn)),
    bars('requests/s', ({ rate }) => rate),
    bars('queue ratio', ({ meanQueueRatio }) => meanQueueRatio, 1),
    digits('pods', ({ pods }) => pods),
    digits('ready pods', ({ ready }) => ready),
    bars('refused/s', refusedIn),
    bars('no pod ready/s', ({ unreachable }) => unreachable),
  ];
}

function scaleOf(columns: number, perColumn: number): string {
  let scale = '';
  for (let column = 0; column < columns; column += 10) {
    scale = scale.padEnd(column) + clockFace(column * perColumn);
  }
  return scale;
}

function decisionsOf(scalings: readonly Scaling[], { autoscaling }: Scenario): string[] {
  const meanOf = ({ metric = '', mean = Number.NaN }: Scaling) =>
    `${metric} ${mean.toFixed(2)} of ${autoscaling.targets[metric] ?? '?'}`;
  return [
    '     at   pods    mean of the pods         wants   and gets',
    ...scalings.map((scaling) => {
      const { atSeconds, from, replicas, recommended, reason } = scaling;
      const at = clockFace(atSeconds).padStart(7);
      const change = `${from} → ${replicas}`.padEnd(8);
      const held = reason === 'within range' ? 'that' : reason;
      return `${at}   ${change}${meanOf(scaling).padEnd(25)}${String(recommended).padEnd(8)}${held}`;
    }),
  ];
}

function totalsOf(seconds: readonly Second[]): string[] {
  const total = (value: (second: Second) => number) =>
    seconds.reduce((sum, second) => sum + value(second), 0);
  const line = (label: string, count: number) => `  ${label.padEnd(44)}${`${count}`.padStart(7)}`;
  return [
    line(
      'requests sent',
      total(({ sent }) => sent),
    ),
    line(
      '  served',
      total(({ ended }) => ended.served ?? 0),
    ),
    line('  refused, with Retry-After (429, 503)', total(refusedIn)),
    line(
      '  no pod was ready: connection refused',
      total(({ unreachable }) => unreachable),
    ),
  ];
}

function refusedIn({ ended }: Second): number {
  const { served = 0, ...refusals } = ended;
  return Object.values(refusals).reduce((sum, count) => sum + count, 0);
}

/** `m:ss`. */
function clockFace(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${`${Math.floor(seconds % 60)}`.padStart(2, '0')}`;
}
