import { createServer } from 'node:http';
import { createSpillway } from '@spillway/express';
import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import express from 'express';
import { makePool } from './pool.ts';
import { serve } from './serve.ts';

const spillway = createSpillway();
const app = express();
app.get('/metrics', spillway.metrics());
app.use('/api', createPoolProxyMiddleware(makePool(spillway), { changeOrigin: true, xfwd: true }));

serve(createServer(app));
