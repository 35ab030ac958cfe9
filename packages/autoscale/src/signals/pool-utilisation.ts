import type { Pool } from '@spillway/core';
import type { Metric } from '../options.ts';

/**
 * Requests under way at a pool's backends, over those that they take at once. Each backend needs a
 * `maxCount`; those that are being removed do not count. It is that of the moment: sample it often
 * enough for the window to tell something.
 */
export function poolUtilisation(pool: Pick<Pool, 'status'>): Metric {
  return () => {
    let running = 0;
    let capacity = 0;
    for (const backend of pool.status().backends) {
      if (backend.draining) continue;
      if (backend.maxCount === undefined) {
        throw new Error(`the backend '${backend.id}' has no maxCount`);
      }
      running += backend.running;
      capacity += backend.maxCount;
    }
    // Without any backend there is nothing to be used.
    return capacity === 0 ? undefined : running / capacity;
  };
}
