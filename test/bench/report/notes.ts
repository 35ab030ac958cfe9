import { type Goal, subjectOf } from '../goals.ts';
import type { Summary } from '../summary.ts';
import type { Table } from '../tables.ts';

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

/** Says what the run allows for noise, and what it has found to be worse than today. */
export function guardNote({ judgements, noise, quick }: Summary): string | undefined {
  if (judgements.length === 0) return undefined;
  const [share = 0, ms = 0] = [noise['processor time'], noise['added median latency']];
  const noisy =
    `The same server twice differed by ${(share * 100).toFixed(0)} % of its processor time ` +
    `and ${ms.toFixed(2)} ms of its median latency, or by less.`;
  if (!quick) return noisy;
  const worse = judgements.filter(({ isRegression }) => isRegression);
  if (worse.length === 0) return `${noisy} Nothing is worse than today by more than that.`;
  const named = worse.map(({ subject, row }) => `${subject} on ${row}`);
  return `${noisy} Worse than today by more than that: ${named.join(', ')}.`;
}

/** Says which goals this run did not judge, if any. */
export function leftOutNote(leftOut: readonly Goal[]): string | undefined {
  if (leftOut.length === 0) return undefined;
  const named = leftOut.map((goal) => `${subjectOf(goal)} on ${goal.rows.join(' and ')}`);
  return `Goals that this run was not asked to judge: ${named.join(', ')}.`;
}
