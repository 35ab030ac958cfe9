import { createSpillway, type LimitConcurrencyOptions } from '@spillway/express';
import express from 'express';

/** Two at once, a hundred waiting, two minutes in the queue. */
export const twoAtOnce = {
  name: 'jobs',
  maxCount: 2,
  maxQueueLength: 100,
  timeoutMs: 120_000,
  abandonMs: 30_000, // longer than a job: a caller that leaves does not end the work at the backend
} satisfies LimitConcurrencyOptions;

/** A service that hands jobs to a backend which must not be flooded. */
export function createService(backendUrl: string, limit?: LimitConcurrencyOptions) {
  const spillway = createSpillway();
  const app = express();
  if (limit) app.use('/jobs', spillway.limitConcurrency(limit));

  app.post('/jobs/:job', async (req, res) => {
    // Without the request's signal: the backend would go on all the same, and so must its slot.
    const answer = await fetch(`${backendUrl}/jobs/${req.params.job}`, { method: 'POST' });
    res.status(answer.status).send(await answer.text());
  });
  return { app, spillway };
}
