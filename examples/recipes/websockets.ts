import { createSpillway } from '@spillway/express';
import express from 'express';

export function start(urlA: string, urlB: string, port: number) {
  const app = express();
  const spillway = createSpillway();

  // #region recipe
  const chat = spillway.pool('chat', {
    backends: [
      { id: 'a', url: urlA },
      { id: 'b', url: urlB },
    ],
    affinity: { cookie: 'session' },
  });
  const proxy = spillway.proxy(chat);
  app.use(proxy);
  const server = app.listen(port);
  server.on('upgrade', proxy.upgrade);
  // #endregion

  return { server, spillway, chat };
}
