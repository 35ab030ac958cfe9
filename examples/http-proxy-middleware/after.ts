import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import express from 'express';
import type { Chat } from './chat.ts';

const options = {
  pathFilter: '/chat',
  pathRewrite: { '^/chat': '/v1' },
  cookieDomainRewrite: '', // the servers' cookies name a domain of their own
  changeOrigin: true,
};

/** The chat, by HTTP and by WebSocket, beside the rest of the application. */
export function createApp(chat: Chat) {
  const app = express();
  const proxy = createPoolProxyMiddleware(chat.pool, options);
  app.use(proxy);
  app.get('/', (_req, res) => res.send('the rest of the application'));
  return { app, upgrade: proxy.upgrade };
}
