import { createSpillway } from '@spillway/express';
import express, { type RequestHandler } from 'express';

export function createApp(searchNow: RequestHandler, searchNew: RequestHandler) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const search = spillway.pool('search', {
    backends: [
      { id: 'now', handler: searchNow }, // (req, res, next), a router, or an Express application
      { id: 'new', handler: searchNew },
    ],
    affinity: { header: 'x-user-id' }, // a user stays with one of them
  });
  search.setTraffic({ now: 0.99, new: 0.01 });
  app.use('/search', spillway.proxy(search));
  // #endregion

  return { app, spillway, search };
}
