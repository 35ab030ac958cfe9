import type { Promised } from '../fault.ts';

/** What callers get from a backend that is there at times, before another. */
export interface Scenario {
  readonly name: string;
  readonly breaker: false | object;
  /** GET, HEAD, PUT and DELETE. */
  readonly idempotent: Promised;
  readonly POST: Promised;
  readonly why: string;
}

export const OVER_TIME: readonly Scenario[] = [
  {
    name: 'comes and goes, now with what it has, now when it has answered',
    breaker: false,
    idempotent: 200,
    POST: [200, 502],
    why: 'No POST is carried out twice. It is used again as soon as it listens.',
  },
  {
    name: 'comes and goes, with a `breaker`',
    breaker: { failureCount: 3, intervalMs: 1_000, tripDurationMs: 200 },
    idempotent: 200,
    POST: [200, 502],
    why: 'The same; it is used again after a trial.',
  },
];
