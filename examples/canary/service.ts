import {
  type BackendHandler,
  type CompareAnswers,
  createSpillway,
  type RolloutOptions,
} from '@spillway/express';
import express from 'express';

/** One route, and three versions of what answers it, all of them functions of this process. */
export function createService(
  versions: Readonly<Record<'v1' | 'v2' | 'v3', BackendHandler>>,
  random = Math.random,
) {
  const spillway = createSpillway({ random });
  const prices = spillway.pool('prices', {
    backends: [
      { id: 'v1', handler: versions.v1 },
      { id: 'v2', handler: versions.v2, weight: 0 }, // nothing, for a start
      { id: 'v3', handler: versions.v3, weight: 0 },
    ],
  });
  const app = express();
  app.use('/prices', spillway.proxy(prices));
  return { app, spillway, prices };
}

/** A step a minute, and back at once when v2 fails 5 % of its requests more than v1 does. */
export const rolloutOfV2 = {
  to: 'v2',
  steps: [0.01, 0.1, 0.5, 1],
  intervalMs: 60_000,
  abort: { failureRatio: 0.05, minimumRequests: 10 },
} satisfies RolloutOptions;

/** What a shadow should answer: the same as the caller got. */
export const compareAnswers: CompareAnswers = (primary, shadow) => {
  if (shadow.status !== primary.status) return `status ${shadow.status}`;
  return shadow.body.equals(primary.body) || `another body: ${shadow.body}`;
};
