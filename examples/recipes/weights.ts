import { createSpillway } from '@spillway/express';
import express from 'express';

export function createApp(stableUrl: string, canaryUrl: string) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const api = spillway.pool('api', {
    backends: [
      { id: 'stable', url: stableUrl, weight: 95 },
      { id: 'canary', url: canaryUrl, weight: 5 },
    ],
  });
  app.use('/api', spillway.proxy(api));
  // #endregion

  return { app, spillway };
}
