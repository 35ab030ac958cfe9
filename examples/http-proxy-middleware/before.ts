import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
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
  const proxy = createProxyMiddleware({ ...options, target: chat.url });
  app.use(proxy);
  app.get('/', (_req, res) => res.send('the rest of the application'));
  return { app, upgrade: proxy.upgrade };
}
