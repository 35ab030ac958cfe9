import { styleText } from 'node:util';
import { FASTEST_JUDGED } from './checks.ts';
import type { ReplayResult, Result } from './result.ts';
import { clockFace } from './scenario.ts';
import { timelineOf } from './timeline.ts';

/** The timelines, the table and the verdict, for a terminal of 80 columns. */
export function summaryOf(result: Result): string {
  const { replays, scenario } = result;
  const givenUp = clockFace(scenario.patienceMs, scenario);
  const section = (title: string, replay: ReplayResult) => [
    `  ${styleText('bold', title)}`,
    ...timelineOf(replay, scenario).map((line) => `  ${line}`),
    '',
  ];
  return [
    '',
    ...section('Two at once', replays.limited),
    ...section(`Two at once, and the last callers give up at ${givenUp}`, replays.impatient),
    '  * sent more than once: the request before had left the queue',
    '',
    ...tableOf(result),
    '',
    ...verdictOf(result),
    '',
  ].join('\n');
}

function tableOf({ replays, scenario }: Result): string[] {
  const { unlimited, limited, impatient } = replays;
  const columns = [unlimited, limited, impatient];
  const row = (label: string, ...cells: readonly (string | number)[]) =>
    `  ${label.padEnd(36)}${cells.map((cell) => `${cell}`.padStart(12)).join('')}`;
  const count = (label: string, value: (replay: ReplayResult) => string | number) =>
    row(label, ...columns.map(value));
  return [
    row('', 'no limit', '2 at once', 'impatient'),
    count('jobs', () => scenario.jobs),
    count('requests sent', ({ sent }) => sent),
    count('  too long in the queue: 503', ({ timedOut }) => timedOut),
    count('  caller gave up in the queue', (each) => each.gaveUp - each.gaveUpAtWork),
    count('  caller gave up while its job ran', ({ gaveUpAtWork }) => gaveUpAtWork),
    count('runs at the backend', ({ runs }) => runs),
    count('most at once', ({ mostAtOnce }) => mostAtOnce),
    count('rounds', ({ rounds }) => rounds),
    count('time', ({ elapsedMs }) => clockFace(elapsedMs, scenario)),
    count('  ideal', ({ idealMs }) => clockFace(idealMs, scenario)),
    count(
      '  over',
      ({ elapsedMs, idealMs }) => `${((elapsedMs / idealMs - 1) * 100).toFixed(2)} %`,
    ),
  ];
}

function verdictOf({ checks, scenario: { speed } }: Result): string[] {
  const lines = checks.map(({ claim, passed, detail }) => {
    const mark = passed ? styleText('green', '✓') : styleText('red', '✗');
    return `  ${mark} ${claim}\n    ${styleText('dim', detail)}`;
  });
  if (speed === 1) return lines;
  const note = [`  Time runs ${speed} times as fast; times above are those of the replay.`];
  if (speed > FASTEST_JUDGED) note.push('  At this speed the time is shown, and not judged.');
  return [...lines, '', ...note.map((line) => styleText('dim', line))];
}
