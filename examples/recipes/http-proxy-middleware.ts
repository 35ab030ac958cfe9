import { createSpillway } from '@spillway/express';
import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import express from 'express';

export function createApp(urlA: string, urlB: string) {
  const app = express();
  const spillway = createSpillway();
  const shops = spillway.pool('shops', {
    backends: [
      { id: 'a', url: urlA },
      { id: 'b', url: urlB },
    ],
  });

  // #region recipe
  // in place of createProxyMiddleware({ target: 'http://shop.internal', …
  const shop = createPoolProxyMiddleware(shops, {
    pathFilter: '/shop',
    pathRewrite: { '^/shop': '/v2' },
    cookieDomainRewrite: '',
    changeOrigin: true,
  });
  app.use(shop);
  // #endregion

  return { app, spillway };
}
