import type { Spillway } from '@spillway/express';
import type { HttpPool } from '@spillway/node-http';
import { backendUrl } from './serve.ts';

/** One that trips on what backends refuse, for as long as they say. */
export const breaker = {
  failureCount: 3,
  intervalMs: 10_000,
  statusCodes: [429, '500-599'],
  tripDurationMs: 60_000,
  acceptRetryAfter: true,
};

/** What users of a pool set: priorities, weights, breakers, credentials and affinity. */
export function makePool(spillway: Spillway): HttpPool {
  const url = backendUrl();
  return spillway.pool('chat', {
    backends: [
      { id: 'ptu1', url, priority: 1, weight: 3, headers: { 'api-key': 'key-of-ptu1' }, breaker },
      { id: 'ptu2', url, priority: 1, weight: 1, headers: { 'api-key': 'key-of-ptu2' }, breaker },
      { id: 'payg1', url, priority: 2, headers: { 'api-key': 'key-of-payg1' }, breaker },
    ],
    affinity: { header: 'x-session' },
  });
}
