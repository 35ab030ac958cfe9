import { createSpillway } from '@spillway/express';
import { redisCoordinator } from '@spillway/redis';
import express from 'express';

export async function createService(redisUrl: string, stableUrl: string, canaryUrl: string) {
  const coordinator = redisCoordinator({ url: redisUrl });
  await coordinator.ready();
  const spillway = createSpillway({ coordinator, logger: console });

  const api = spillway.pool('api', {
    backends: [
      { id: 'stable', url: stableUrl, maxCount: 6 }, // of all instances together
      { id: 'canary', url: canaryUrl, weight: 0 },
    ],
    queue: { maxQueueLength: 1_000 },
  });

  const app = express();
  app.use('/api', spillway.proxy(api));
  app.post('/canary/:share', (req, res) => {
    const canary = Number(req.params.share);
    api.setTraffic({ stable: 1 - canary, canary });
    res.sendStatus(204);
  });
  return { app, spillway };
}
