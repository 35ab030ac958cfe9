import { createSpillway } from '@spillway/express';
import express from 'express';

export function createApp(v1Url: string, candidateUrl: string) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const api = spillway.pool('api', {
    backends: [
      { id: 'v1', url: v1Url },
      { id: 'candidate', url: candidateUrl, weight: 0 }, // copies alone
    ],
  });
  app.use('/api', spillway.proxy(api));

  api.setShadow('candidate', 0.1, {
    compare: (primary, shadow) =>
      primary.status === shadow.status || `${shadow.status} instead of ${primary.status}`,
  });
  // #endregion

  return { app, spillway, api };
}
