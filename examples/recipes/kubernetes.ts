import { createSpillway, type SpillwayOptions } from '@spillway/express';
import express, { type RequestHandler } from 'express';

export function start(makeReport: RequestHandler, port: number, options: SpillwayOptions = {}) {
  const app = express();
  const spillway = createSpillway(options);
  const limit = spillway.limitConcurrency({ name: 'reports', maxCount: 1, maxQueueLength: 5 });
  app.use('/reports', limit, makeReport);

  // #region recipe
  app.get('/livez', spillway.liveness());
  app.get('/readyz', spillway.readiness());
  const server = app.listen(port);

  const stop = () => spillway.shutdown({ server, readinessDelayMs: 5_000, timeoutMs: 20_000 });
  process.once('SIGTERM', stop);
  // #endregion

  return { server, stop };
}
