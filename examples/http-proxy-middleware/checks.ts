import { type Measurements, type Step, USERS } from './run.ts';

/** A claim of the example, and whether this run bears it out. */
export interface Check {
  readonly claim: string;
  readonly passed: boolean;
  readonly detail: string;
}

export interface Result {
  readonly before: Measurements;
  readonly after: Measurements;
  readonly checks: readonly Check[];
  readonly passed: boolean;
}

export function resultOf(before: Measurements, after: Measurements): Result {
  const checks = checksOf(before, after);
  return { before, after, checks, passed: checks.every(({ passed }) => passed) };
}

export function sumOf(steps: readonly Step[], of: 'turnedAway' | 'delivered' | 'wanted'): number {
  return steps.reduce((sum, step) => sum + step[of], 0);
}

function checksOf(before: Measurements, after: Measurements): Check[] {
  const steps = [...after.chat, ...after.drain];
  const both = [before.requests, after.requests];
  const last = after.drain.at(-1);
  return [
    {
      claim: 'no caller saw a 429 that another server could answer',
      passed:
        before.requests.throttled > 0 &&
        after.requests.throttled === 0 &&
        after.requests.refusedByA > 0 &&
        after.requests.served === after.requests.sent,
      detail: `${after.requests.refusedByA} of a's were answered by b; before, callers saw ${before.requests.throttled}`,
    },
    {
      claim: 'paths and cookies are rewritten as before',
      passed: both.every(
        ({ paths, cookies }) =>
          `${[...paths].sort()}` === '/v1/messages,/v1/socket' && `${cookies}` === 'theme=dark',
      ),
      detail: `${after.requests.paths.join(', ')}; ${after.requests.cookies.join(', ')}`,
    },
    {
      claim: 'nobody was turned away from the chat',
      passed: sumOf(before.chat, 'turnedAway') > 0 && sumOf(steps, 'turnedAway') === 0,
      detail: `${sumOf(steps, 'turnedAway')}; before, ${sumOf(before.chat, 'turnedAway')} times somebody was`,
    },
    {
      claim: 'every message reached everybody',
      passed: steps.every(({ delivered, wanted }) => delivered === wanted),
      detail: `${sumOf(steps, 'delivered')} of ${sumOf(steps, 'wanted')}`,
    },
    {
      claim: 'open sockets counted as running at their backend',
      passed: after.chat.every(
        ({ openAtA, openAtB, running }) => `${running}` === `${openAtA},${openAtB}`,
      ),
      detail: after.chat.map(({ running }) => running.join('+')).join(', '),
    },
    {
      claim: 'b was gone when the last of its sockets had closed, and not before',
      passed: after.drained && last?.openAtA === USERS.length && last.openAtB === 0,
      detail: after.drain.map(({ openAtB }) => openAtB).join(', '),
    },
  ];
}
