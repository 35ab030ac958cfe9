import { createSpillway } from '@spillway/express';
import express, { type RequestHandler } from 'express';

export function createApp(makeReport: RequestHandler) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const limit = spillway.limitConcurrency({
    name: 'reports',
    maxCount: 20,
    maxQueueLength: 100,
    timeoutMs: 120_000, // in the queue
  });
  app.use('/reports', limit); // in front of the routes, which stay as they are
  // #endregion

  app.get('/reports/:id', makeReport);
  return { app, spillway };
}
