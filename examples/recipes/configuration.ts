import { loadConfig } from '@spillway/config';
import { createSpillway, type Logger } from '@spillway/express';
import express, { type RequestHandler } from 'express';

export async function createApp(file: string, logger: Logger, sendReport: RequestHandler) {
  const app = express();

  // #region recipe
  const config = await loadConfig(file); // 'spillway.yaml'
  const spillway = createSpillway({ config, logger });
  config.reloadOn('SIGHUP'); // or await config.reload()

  app.use('/openai', spillway.proxy(spillway.pool('chat')));
  app.use('/reports', spillway.limitConcurrency({ name: 'reports', key: (req) => req.ip }));
  // #endregion

  app.get('/reports/:id', sendReport);
  return { app, spillway, config };
}
