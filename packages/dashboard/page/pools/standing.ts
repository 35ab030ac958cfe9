import type { BackendStatus, PoolStatus } from '@spillway/core';
import { duration } from '../format.ts';
import type { IconName } from '../frame/icon.tsx';

/** How a backend, or a breaker, stands: a shape and a few words. */
export interface Standing {
  readonly icon: IconName;
  readonly text: string;
}

/** @param leftMs of its trip */
export function standingOf(backend: BackendStatus, leftMs: number): Standing {
  const { draining, breaker, running, maxCount, available } = backend;
  if (draining) return { icon: 'leaving', text: 'draining' };
  if (breaker !== undefined && breaker.state !== 'closed') return breakerStanding(breaker, leftMs);
  if (maxCount !== undefined && running >= maxCount) return { icon: 'warning', text: 'full' };
  return available ? { icon: 'good', text: 'available' } : { icon: 'warning', text: 'unavailable' };
}

export function breakerStanding(
  { state }: Pick<NonNullable<BackendStatus['breaker']>, 'state'>,
  leftMs: number,
): Standing {
  if (state === 'closed') return { icon: 'good', text: 'closed' };
  if (state === 'open' && leftMs > 0)
    return { icon: 'bad', text: `tripped, ${duration(leftMs)} left` };
  return { icon: 'warning', text: 'tripped, trial due' };
}

/** Backends of one priority. */
export interface Level {
  readonly priority: number;
  /** It serves: none before it has a backend that is available. */
  readonly serves: boolean;
  readonly backends: readonly BackendStatus[];
  /** Of those that stay, by id: what they are to have. They sum to 1, or are 0. */
  readonly shares: Readonly<Record<string, number>>;
}

/** The lowest priority number first. */
export function levelsOf({ backends }: PoolStatus): Level[] {
  const priorities = [...new Set(backends.map(({ priority }) => priority))].sort((a, b) => a - b);
  const serving = priorities.find((priority) =>
    backends.some((backend) => backend.priority === priority && backend.available),
  );
  return priorities.map((priority) => {
    const members = backends.filter((backend) => backend.priority === priority);
    const staying = members.filter(({ draining }) => !draining);
    const total = staying.reduce((sum, { weight }) => sum + weight, 0);
    const shares = staying.map(({ id, weight }) => [id, total === 0 ? 0 : weight / total] as const);
    return {
      priority,
      serves: priority === serving,
      backends: members,
      shares: Object.fromEntries(shares),
    };
  });
}

/** Of many backends those to look at: `most` at the most, first of all such as do not serve. */
export function noteworthy(
  backends: readonly BackendStatus[],
  most: number,
): readonly BackendStatus[] {
  if (backends.length <= most) return backends;
  const troubled = backends.filter(({ available, draining }) => !available || draining);
  const chosen = new Set([...new Set([...troubled, ...backends])].slice(0, most));
  return backends.filter((backend) => chosen.has(backend));
}

/** Ended attempts, as an operator tells them apart. */
export interface Answers {
  readonly ok: number;
  readonly refused: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** No connection, broken off, or too late. */
  readonly none: number;
}

export function answersOf({ attempts }: BackendStatus): Answers {
  return {
    ok: attempts.success,
    refused: attempts.throttled,
    clientErrors: attempts.client_error,
    serverErrors: attempts.server_error,
    none: attempts.connect_error + attempts.reset + attempts.timeout,
  };
}
