import { createSpillway, type Logger } from '@spillway/express';
import express from 'express';

export function createApp(v1Url: string, v2Url: string, logger: Logger, intervalMs = 60_000) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const api = spillway.pool('api', {
    backends: [
      { id: 'v1', url: v1Url },
      { id: 'v2', url: v2Url, weight: 0 },
    ],
  });
  app.use('/api', spillway.proxy(api));

  api.on('rollout', ({ decision, share, reason }) => {
    logger.info(`v2 ${decision}: ${share * 100} %, ${reason}`);
  });
  const deploy = () =>
    api.rollout({
      to: 'v2',
      steps: [0.01, 0.1, 0.5, 1],
      intervalMs,
      abort: { failureRatio: 0.05, latencyMs: 200, minimumRequests: 20 },
    });
  // #endregion

  return { app, spillway, deploy };
}
