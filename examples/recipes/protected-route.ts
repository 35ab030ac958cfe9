import { createSpillway, type SpillwayOptions } from '@spillway/express';
import express from 'express';

export function createApp(searchUrl: string, options: SpillwayOptions = {}) {
  const app = express();
  const spillway = createSpillway(options);

  // #region recipe
  const protect = spillway.protect({
    name: 'search',
    concurrency: { maxCount: 20, maxQueueLength: 40 },
    breaker: { failurePercentage: 50, tripDurationMs: 5_000 },
    timeoutMs: 3_000, // from the moment that the handler begins
  });
  app.get('/search', protect, async (req, res) => {
    const { signal } = req.spillway; // aborted after 3 s, or when the caller leaves
    const found = await fetch(searchUrl, { signal });
    res.status(found.status).send(await found.text());
  });
  // #endregion

  return { app, spillway };
}
