import { createSpillway, type SpillwayOptions } from '@spillway/express';
import express from 'express';

export function start(url: string, port: number, options: SpillwayOptions = {}) {
  const app = express();
  const spillway = createSpillway(options);
  const api = spillway.pool('api', { backends: [{ id: 'only', url }] });
  app.use('/api', spillway.proxy(api));

  // #region recipe
  app.get('/readyz', (_req, res) => {
    res.sendStatus(spillway.status().shuttingDown ? 503 : 200);
  });
  const server = app.listen(port);

  const stop = () => spillway.shutdown({ server, readinessDelayMs: 5_000, timeoutMs: 20_000 });
  process.once('SIGTERM', stop);
  // #endregion

  return { server, stop };
}
