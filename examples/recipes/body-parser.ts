import { createSpillway, keepRawBody } from '@spillway/express';
import express from 'express';

export function createApp(url: string) {
  const app = express();
  const spillway = createSpillway();
  const chat = spillway.pool('chat', { backends: [{ id: 'only', url }] });

  // #region recipe
  app.use(express.json({ limit: '1mb', verify: keepRawBody }));
  app.use('/openai', (req, res, next) => {
    if (req.body?.model === 'gpt-4o') next();
    else res.status(400).json({ error: { message: 'the model must be gpt-4o' } });
  });
  app.use('/openai', spillway.proxy(chat));
  // #endregion

  return { app, spillway };
}
