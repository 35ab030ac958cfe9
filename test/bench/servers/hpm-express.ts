import { Agent, createServer } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { backendUrl, serve } from './serve.ts';

const app = express();
app.use(
  '/api',
  createProxyMiddleware({
    target: backendUrl(),
    changeOrigin: true,
    xfwd: true,
    agent: new Agent({ keepAlive: true }),
  }),
);

serve(createServer(app));
