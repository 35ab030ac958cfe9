import { createSpillway, type Logger } from '@spillway/express';
import express from 'express';

export function createApp(ptuUrl: string, paygUrl: string, logger: Logger) {
  const app = express();

  // #region recipe
  const spillway = createSpillway({ logger }); // `console`, for example
  const chat = spillway.pool('chat', {
    backends: [
      { id: 'ptu1', url: ptuUrl, priority: 1 },
      { id: 'payg1', url: paygUrl, priority: 2 },
    ],
    breaker: { failureCount: 3, statusCodes: [429], acceptRetryAfter: true },
  });
  chat.on('trip', ({ backend, statusCode = 'no answer', durationMs }) => {
    logger.error(`${backend} is out for ${durationMs} ms, after ${statusCode}`);
  });
  chat.on('recover', ({ backend }) => logger.info(`${backend} is back`));
  chat.on('spillover', ({ from, to }) => logger.info(`level ${to} served for level ${from}`));
  // #endregion

  app.use('/openai', spillway.proxy(chat));
  return { app, spillway };
}
