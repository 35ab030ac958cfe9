import { bodyParser } from '@koa/bodyparser';
import { createSpillway, keepRawBody } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

export function createApp(url: string) {
  const app = new Koa();
  const spillway = createSpillway();
  const chat = spillway.pool('chat', { backends: [{ id: 'only', url }] });

  // #region example
  app.use(keepRawBody);
  app.use(bodyParser());
  app.use(async (ctx, next) => {
    const { model } = ctx.request.body as { model?: unknown };
    if (model !== 'gpt-4o') ctx.throw(400, 'the model must be gpt-4o');
    await next();
  });
  app.use(mount('/openai', spillway.proxy(chat)));
  // #endregion

  return { app, spillway };
}
