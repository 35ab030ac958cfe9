import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import { createSpillway, fromConnect, ProblemError } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

export function createApp(url: string) {
  const app = new Koa();
  const spillway = createSpillway();
  const pool = spillway.pool('api', { backends: [{ id: 'only', url }] });

  // #region example
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof ProblemError) || ctx.headerSent) throw error;
      ctx.status = error.status;
      ctx.set(error.headers);
      ctx.body = { code: error.code, detail: error.detail };
    }
  });
  app.use(mount('/api', fromConnect(createPoolProxyMiddleware(pool, { changeOrigin: true }))));
  // #endregion

  return { app, spillway };
}
