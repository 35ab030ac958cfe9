import type { PoolEvents, Trip } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';
import { duration, percent } from '../changes/sentences.ts';
import type { EventLog } from './event-log.ts';
import { SharesTold } from './shares-told.ts';

/** Notes what a pool tells. @returns what ends it */
export function notePool(pool: HttpPool, log: EventLog): () => void {
  const { name } = pool;
  const told = new SharesTold(pool);
  const listeners: {
    readonly [E in keyof Omit<PoolEvents, 'spillover'>]: (event: PoolEvents[E][0]) => void;
  } = {
    trip: ({ backend, ...trip }) => {
      log.add({
        kind: 'trip',
        pool: name,
        backend,
        text: `${backend} ${tripped(trip)}`,
      });
    },
    recover: ({ backend }) => {
      log.add({ kind: 'recover', pool: name, backend, text: `${backend} serves again` });
    },
    traffic: ({ shares }) => {
      log.add({ kind: 'traffic', pool: name, text: told.news(), details: { weights: shares } });
    },
    rollout: (report) => {
      const { to, decision, reason, share } = report;
      const text = `rollout to ${to}: ${decision} at ${percent(share)}${reason === '' ? '' : `, ${reason}`}`;
      log.add({ kind: 'rollout', pool: name, backend: to, text, details: report });
    },
    shadow: ({ backend, proportion, methods }) => {
      const text =
        proportion === 0
          ? `${backend} gets no more copies`
          : `${backend} gets copies of ${percent(proportion)} of the requests`;
      log.add({ kind: 'shadow', pool: name, backend, text, details: { proportion, methods } });
    },
  };
  const { trip, recover, traffic, rollout, shadow } = listeners;
  pool.on('trip', trip).on('recover', recover).on('traffic', traffic);
  pool.on('rollout', rollout).on('shadow', shadow);
  return () => {
    pool.off('trip', trip).off('recover', recover).off('traffic', traffic);
    pool.off('rollout', rollout).off('shadow', shadow);
  };
}

/** One by hand is told without a cause. */
export function tripped({ statusCode, reason, durationMs }: Trip): string {
  const cause = statusCode ?? reason;
  return `tripped${cause === undefined ? '' : ` by ${cause}`}, for ${duration(durationMs)}`;
}
