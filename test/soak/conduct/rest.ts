import { setTimeout as after } from 'node:timers/promises';
import type { End, Questioned } from '../questions.ts';
import type { ServiceAnswers } from '../service/service.ts';
import type { Vitals } from '../service/vitals.ts';
import type { ServiceState } from './measurements.ts';

const POLL_MS = 100;
/** Longer than any time limit of the service, the second that it remembers an idle key too. */
const REST_MS = 8_000;
const END_MS = 8_000;

/** What is asked for, when it is at rest; or as it is when the time for that is over. */
async function whenAtRest<T>(ask: () => Promise<T>, isAtRest: (state: T) => boolean): Promise<T> {
  const until = performance.now() + REST_MS;
  for (;;) {
    const state = await ask();
    if (isAtRest(state) || performance.now() > until) return state;
    await after(POLL_MS);
  }
}

/** What the gates and pools of a service still have, by name. */
export function atWork({ spillway }: ServiceState): [name: string, count: number][] {
  const gates = Object.entries(spillway.gates).map(
    ([name, { running, waiting }]) => [`gate ${name}`, running + waiting] as [string, number],
  );
  const pools = Object.entries(spillway.pools).flatMap(([name, pool]) => [
    [`pool ${name}`, pool.running + pool.waiting] as [string, number],
    ...pool.shadows.map(
      ({ backend, inFlight }) => [`shadow ${backend}`, inFlight] as [string, number],
    ),
  ]);
  return [...gates, ...pools].filter(([, count]) => count !== 0);
}

export function restingState(service: Questioned<ServiceAnswers>): Promise<ServiceState> {
  return whenAtRest(
    () => service.ask('status', undefined),
    (state) => atWork(state).length === 0,
  );
}

export function restingCount(ask: () => Promise<number>): Promise<number> {
  return whenAtRest(ask, (count) => count === 0);
}

/** Kinds of handles of which there are more than before, with how many more. */
export function moreHandles(before: Vitals, now: Vitals): [kind: string, more: number][] {
  return Object.entries(now.handles)
    .map(([kind, count]) => [kind, count - (before.handles[kind] ?? 0)] as [string, number])
    .filter(([, more]) => more > 0);
}

export function restingVitals(
  service: Questioned<ServiceAnswers>,
  before: Vitals,
): Promise<Vitals> {
  return whenAtRest(
    () => service.ask('vitals', undefined),
    (now) => moreHandles(before, now).length === 0,
  );
}

/** Hangs up on a process that has been shut down, and sees whether it ends by itself. */
export async function endByItself(child: Questioned<ServiceAnswers>): Promise<End | undefined> {
  child.process.disconnect();
  const given = new AbortController();
  const late = after(END_MS, undefined, { signal: given.signal }).catch(() => undefined);
  const end = await Promise.race([child.end, late]);
  given.abort();
  if (end === undefined) await child.kill();
  return end;
}
