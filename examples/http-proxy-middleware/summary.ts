import { styleText } from 'node:util';
import { type Result, sumOf } from './checks.ts';
import type { Measurements, Step } from './run.ts';

/** Tables and verdicts, for a terminal of 80 columns. */
export function summaryOf({ before, after, checks }: Result): string {
  const row = (label: string, of: (each: Measurements) => number | undefined) =>
    cells(label, of(before), of(after));
  return [
    '',
    `  ${styleText('bold', 'Requests, and the chat')}`,
    '',
    cells('', 'before', 'after'),
    row('requests', ({ requests }) => requests.sent),
    row('  answered with 429', ({ requests }) => requests.throttled),
    row('requests received by a', ({ requests }) => requests.receivedByA),
    row('  refused: 429', ({ requests }) => requests.refusedByA),
    row('requests received by b', ({ requests }) => requests.receivedByB),
    row('turned away from the chat', ({ chat }) => sumOf(chat, 'turnedAway')),
    row('chat messages to be delivered', ({ chat }) => sumOf(chat, 'wanted')),
    row('  delivered', ({ chat }) => sumOf(chat, 'delivered')),
    '',
    `  ${styleText('bold', 'Open sockets, before')}`,
    ...stepsTable(before.chat),
    '',
    `  ${styleText('bold', 'Open sockets, after')}`,
    ...stepsTable([...after.chat, ...after.drain]),
    '',
    ...checks.map(({ claim, passed, detail }) => {
      const mark = passed ? styleText('green', '✓') : styleText('red', '✗');
      return `  ${mark} ${claim}\n    ${styleText('dim', detail)}`;
    }),
    '',
  ].join('\n');
}

function stepsTable(steps: readonly Step[]): string[] {
  return [
    cells('', 'at a', 'at b', 'delivered'),
    ...steps.map(({ what, openAtA, openAtB, delivered, wanted }) =>
      cells(what, openAtA, openAtB, `${delivered}/${wanted}`),
    ),
  ];
}

function cells(label: string, ...values: readonly (string | number | undefined)[]): string {
  return `  ${label.padEnd(34)}${values.map((each) => `${each ?? ''}`.padStart(10)).join('')}`;
}
