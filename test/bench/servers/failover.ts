import type { Spillway } from '@spillway/express';
import type { HttpPool } from '@spillway/node-http';
import { curveNamed } from '../curves.ts';
import { breaker } from './pool.ts';
import { backendUrl } from './serve.ts';

/** Where the backend answers 429 to a share of what it is asked. */
export function refusingUrl(percent: number): string {
  return `${backendUrl()}/refusing/${percent}`;
}

export const shares = curveNamed('refused').points;

/** A backend that refuses a share, and one that takes what it refuses; breakers if asked for. */
export function failoverPools(spillway: Spillway): Map<number, HttpPool> {
  const rule = process.argv.includes('breakers') ? { breaker } : {};
  return new Map(
    shares.map((percent) => [
      percent,
      spillway.pool(`chat-${percent}`, {
        backends: [
          { id: 'ptu1', url: refusingUrl(percent), priority: 1, ...rule },
          { id: 'payg1', url: backendUrl(), priority: 2, ...rule },
        ],
      }),
    ]),
  );
}
