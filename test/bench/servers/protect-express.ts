import { createSpillway } from '@spillway/express';
import { serveRoute } from './route.ts';

const spillway = createSpillway();
const app = serveRoute(
  spillway.protect({
    name: 'chat',
    concurrency: { maxCount: 100, maxQueueLength: 100 },
    breaker: { failurePercentage: 50 },
    timeoutMs: 30_000,
  }),
);
app.get('/metrics', spillway.metrics());
