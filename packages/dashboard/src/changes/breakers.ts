import { read } from '@spillway/core';
import type { Engine } from '@spillway/node-http';
import { ApiError } from '../http/api-error.ts';
import type { ChangeRoute } from './change.ts';
import { duration } from './sentences.ts';
import { quoted } from './targets.ts';

export const readTrip = read.object({ durationMs: read.positiveMs });

/** A trip is never shortened. */
export function tripEffect(durationMs: number, remainingMs: number): string {
  if (remainingMs >= durationMs) {
    return `it is open already, and stays so for the ${duration(remainingMs)} that are left`;
  }
  return `its breaker is open for ${duration(durationMs)}; then one trial request decides`;
}

function breakerOf({ routes }: Engine, name: string | undefined) {
  const route = routes.get(name ?? '');
  if (route?.breaker === undefined) {
    throw new ApiError('not_found', `there is no route ${quoted(name)} that has a breaker`);
  }
  const { state } = route.breaker;
  const remainingMs = route.breakerStatus()?.remainingMs ?? 0;
  return { name: route.name, breaker: route.breaker, before: { state, remainingMs } };
}

export const tripRoute: ChangeRoute = {
  method: 'POST',
  path: '/breakers/{name}/trip',
  plan({ engine }, { name: given }, body) {
    const { name, breaker, before } = breakerOf(engine, given);
    const { durationMs } = readTrip(body, 'body');
    return {
      policy: name,
      summary: `trip ${name} for ${duration(durationMs)}`,
      effects: [
        tripEffect(durationMs, before.remainingMs),
        'callers of the route get 503 meanwhile, with Retry-After',
      ],
      before,
      after: { state: 'open', remainingMs: Math.max(before.remainingMs, durationMs) },
      apply: () => breaker.trip({ durationMs }),
    };
  },
};

export const closeRoute: ChangeRoute = {
  method: 'POST',
  path: '/breakers/{name}/close',
  plan({ engine }, { name: given }, body) {
    read.object({})(body, 'body');
    const { name, breaker, before } = breakerOf(engine, given);
    if (before.state === 'closed') {
      throw new ApiError('impossible_now', `the breaker of ${quoted(name)} is closed`);
    }
    return {
      policy: name,
      summary: `close the breaker of ${name}`,
      effects: ['requests go through at once, without a trial'],
      before,
      after: { state: 'closed', remainingMs: 0 },
      apply: () => breaker.close(),
    };
  },
};
