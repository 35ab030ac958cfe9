import { createSpillway } from '@spillway/express';
import express from 'express';

export function createApp(url: string) {
  const app = express();

  // #region recipe
  const spillway = createSpillway({
    onReject(error, _req, res) {
      const { status, code, detail, retryAfterSeconds } = error;
      if (retryAfterSeconds !== undefined) res.set('Retry-After', String(retryAfterSeconds));
      res.status(status).json({ error: { code, message: detail } });
    },
  });
  // #endregion

  const breaker = { failureCount: 1, acceptRetryAfter: true };
  const chat = spillway.pool('chat', { backends: [{ id: 'only', url, breaker }] });
  app.use('/openai', spillway.proxy(chat));
  return { app, spillway };
}
