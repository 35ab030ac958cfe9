import { createSpillway } from '@spillway/express';
import express, { type RequestHandler } from 'express';

export function createApp(handler: RequestHandler) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  app.use(
    '/api',
    spillway.limitConcurrency({
      name: 'tenants',
      key: (req) => req.get('x-tenant'), // or what your authentication has found out
      maxCount: 5,
      maxQueueLength: 20,
      priority: ({ method }) => (method === 'GET' ? 5 : 0), // writes first
    }),
  );
  // #endregion

  app.use('/api', handler);
  return { app, spillway };
}
