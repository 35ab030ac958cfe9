import { createSpillway, type SpillwayOptions } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

export function createApp(searchUrl: string, ptuUrl: string, options: SpillwayOptions = {}) {
  const app = new Koa();
  const spillway = createSpillway(options);
  const chat = spillway.pool('chat', { backends: [{ id: 'ptu1', url: ptuUrl }] });

  // #region recipe
  app.use(mount('/readyz', spillway.readiness()));
  app.use(mount('/openai', spillway.proxy(chat)));

  const protect = spillway.protect({
    name: 'search',
    concurrency: { maxCount: 20, maxQueueLength: 40 },
    timeoutMs: 3_000,
  });
  app.use(mount('/search', protect));
  app.use(
    mount('/search', async (ctx) => {
      const { signal } = ctx.state.spillway;
      const found = await fetch(searchUrl, { signal });
      ctx.status = found.status;
      ctx.body = await found.text();
    }),
  );
  // #endregion

  return { app, spillway };
}
