import type { BackendOptions, LimitConcurrencyOptions, PoolOptions } from '@spillway/core';
import type { HostSpillway } from '../../support/adapter-host.ts';
import { MAX_BODY_BYTES } from '../kinds.ts';
import { BACKEND_KEY, KEY, keyOf, PRIORITY, SESSION } from '../wire.ts';
import type { Sabotage } from './sabotage.ts';

/** Slots of the gates, by route. */
export const SLOTS = { limited: 3, keyed: 2, protected: 4, fetch: 16 } as const;

const CANDIDATE_WEIGHT = 0;
const FEW = 1;
/** Shorter than most stops, and longer than a backend that is well is late on a busy machine. */
const timeouts = { connectMs: 2_000, headersMs: 1_500, bodyMs: 2_500 };
const retry = { maxBodyBytes: MAX_BODY_BYTES };
/** A breaker has forgotten what is longer ago. */
export const BREAKER_INTERVAL_MS = 2_000;
const breaker = {
  failurePercentage: 50,
  minimumRequests: 10,
  intervalMs: BREAKER_INTERVAL_MS,
  tripDurationMs: 300,
};

/** A backend as the soak knows it. */
export interface Place {
  readonly id: string;
  readonly url: string;
}

/** @param candidate gets copies alone */
export function backendsOf(places: readonly Place[], candidate: Place): BackendOptions[] {
  const each = places.map(({ id, url }, index) => ({
    id,
    url,
    weight: index === 0 ? 2 : 1,
    headers: { [BACKEND_KEY]: keyOf(id) },
  }));
  const headers = { [BACKEND_KEY]: keyOf(candidate.id) };
  return [...each, { ...candidate, weight: CANDIDATE_WEIGHT, headers }];
}

/** The pools by route: one level and sessions; few at once and a queue; two levels for own calls. */
export function makePools(spillway: HostSpillway, backends: readonly BackendOptions[]) {
  const five = backends.filter(({ weight }) => weight !== CANDIDATE_WEIGHT);
  const pool = (name: string, options: PoolOptions) =>
    spillway.pool(name, { timeouts, retry, ...options });
  return {
    pool: pool('pool', { backends, breaker, affinity: { header: SESSION } }),
    narrow: pool('narrow', {
      backends: five.map((backend) => ({ ...backend, weight: 1, maxCount: FEW })),
      queue: { maxQueueLength: 40, timeoutMs: 3_000 },
    }),
    fetch: pool('fetch-pool', {
      backends: five.map((backend, index) => ({ ...backend, priority: index < 2 ? 1 : 2 })),
      breaker: { failureCount: 3, tripDurationMs: 300 },
    }),
  };
}

/** The middleware of each route that has a gate, by route. */
export function makeGates(spillway: HostSpillway, sabotages: ReadonlySet<Sabotage>) {
  const limited: LimitConcurrencyOptions = {
    name: 'limited',
    maxCount: SLOTS.limited,
    maxQueueLength: 1_000,
    abandonMs: 60_000,
  };
  return {
    limited: spillway.limitConcurrency(limited),
    keyed: spillway.limitConcurrency({
      name: 'keyed',
      maxCount: SLOTS.keyed + (sabotages.has('slots') ? 1 : 0),
      maxQueueLength: 1,
      key: ({ headers }) => String(headers[KEY]),
      priority: ({ headers }) => Number(headers[PRIORITY]),
    }),
    protected: spillway.protect({
      name: 'protected',
      concurrency: { maxCount: SLOTS.protected, maxQueueLength: 8, timeoutMs: 200 },
      breaker: { ...breaker, failurePercentage: 25 },
      timeoutMs: 60,
    }),
    fetch: spillway.limitConcurrency({
      name: 'fetch',
      maxCount: SLOTS.fetch,
      maxQueueLength: 1_000,
      timeoutMs: 60_000,
    }),
  };
}
