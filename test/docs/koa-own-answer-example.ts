import { createSpillway } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

export function createApp(url: string) {
  const app = new Koa();
  const spillway = createSpillway();
  const chat = spillway.pool('chat', { backends: [{ id: 'only', url }] });

  // #region example
  const proxy = spillway.proxy(chat, {
    onReject(error, ctx) {
      const { status, retryAfterSeconds, code, detail } = error;
      ctx.status = status;
      if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
      ctx.body = { error: { code, message: detail } };
    },
  });
  app.use(mount('/openai', proxy));
  // #endregion

  return { app, spillway };
}
