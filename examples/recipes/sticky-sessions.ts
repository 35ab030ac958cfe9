import { createSpillway } from '@spillway/express';
import express from 'express';

export function createApp(urlA: string, urlB: string) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const backends = [
    { id: 'a', url: urlA },
    { id: 'b', url: urlB },
  ];
  const byHeader = spillway.pool('by-header', {
    backends,
    affinity: { header: 'x-session-id' },
  });
  const byCookie = spillway.pool('by-cookie', {
    backends,
    affinity: {
      key: (req) => /(?:^|; )sid=([^;]+)/.exec(req.headers.cookie?.toString() ?? '')?.[1],
    },
  });
  app.use('/api', spillway.proxy(byHeader));
  app.use('/shop', spillway.proxy(byCookie));
  // #endregion

  return { app, spillway };
}
