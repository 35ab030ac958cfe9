import { read } from '@spillway/core';
import { ApiError } from '../http/api-error.ts';
import { readTrip, tripEffect } from './breakers.ts';
import type { ChangeRoute } from './change.ts';
import { duration, whoTakesOver } from './sentences.ts';
import { backendOf, poolOf, quoted } from './targets.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const readDrain = read.object({
  timeoutMs: read.optional(read.positiveMs, DEFAULT_TIMEOUT_MS),
});

export const drainBackend: ChangeRoute = {
  method: 'POST',
  path: '/pools/{pool}/backends/{id}/drain',
  plan({ engine }, { pool: name, id }, body) {
    const pool = poolOf(engine, name);
    const backend = backendOf(pool, id);
    const { timeoutMs } = readDrain(body, 'body');
    const options = { drain: true, timeoutMs };
    pool.dryRun.remove(backend.id, options);
    const { running, draining } = backend;
    const left = `${running} under way ${running === 1 ? 'has' : 'have'}`;
    return {
      pool: pool.name,
      backend: backend.id,
      summary: `drain ${backend.id} of ${pool.name}`,
      effects: [
        ...(draining
          ? [`${backend.id} drains already`]
          : [`${backend.id} takes no more requests, and ${whoTakesOver(pool, backend)}`]),
        `${left} ${duration(timeoutMs)} to end; what is left then is cut off`,
        `then ${backend.id} leaves the pool; it is not to be brought back from here`,
      ],
      before: { draining, running },
      after: { draining: true },
      apply: () => {
        pool.remove(backend.id, options).catch((error) => {
          engine.logger.error('a backend could not be drained', { pool: pool.name, error });
        });
      },
    };
  },
};

export const tripBackend: ChangeRoute = {
  method: 'POST',
  path: '/pools/{pool}/backends/{id}/trip',
  plan({ engine }, { pool: name, id }, body) {
    const pool = poolOf(engine, name);
    const backend = backendOf(pool, id);
    const breaker = pool.breaker(backend.id);
    const { durationMs } = readTrip(body, 'body');
    const { state, remainingMs = 0 } = backend.status().breaker ?? {};
    return {
      pool: pool.name,
      backend: backend.id,
      summary: `trip ${backend.id} of ${pool.name} for ${duration(durationMs)}`,
      effects: [
        tripEffect(durationMs, remainingMs),
        `no request reaches ${backend.id} meanwhile, and ${whoTakesOver(pool, backend)}`,
      ],
      before: { state, remainingMs },
      after: { state: 'open', remainingMs: Math.max(remainingMs, durationMs) },
      apply: () => breaker.trip({ durationMs }),
    };
  },
};

export const closeBackend: ChangeRoute = {
  method: 'POST',
  path: '/pools/{pool}/backends/{id}/close',
  plan({ engine }, { pool: name, id }, body) {
    read.object({})(body, 'body');
    const pool = poolOf(engine, name);
    const backend = backendOf(pool, id);
    const breaker = pool.breaker(backend.id);
    const { state, remainingMs = 0 } = backend.status().breaker ?? {};
    if (state === 'closed') {
      throw new ApiError('impossible_now', `the breaker of ${quoted(id)} is closed`);
    }
    return {
      pool: pool.name,
      backend: backend.id,
      summary: `close the breaker of ${backend.id} of ${pool.name}`,
      effects: [`${backend.id} serves again at once, without a trial`],
      before: { state, remainingMs },
      after: { state: 'closed', remainingMs: 0 },
      apply: () => breaker.close(),
    };
  },
};
