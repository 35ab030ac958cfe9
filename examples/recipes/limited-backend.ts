import { createSpillway } from '@spillway/express';
import express from 'express';

export function createApp(url: string) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const reports = spillway.pool('reports', {
    backends: [{ id: 'saas', url, maxCount: 20 }],
    queue: { maxQueueLength: 100, timeoutMs: 120_000 },
  });
  app.use('/reports', spillway.proxy(reports));
  // #endregion

  return { app, spillway };
}
