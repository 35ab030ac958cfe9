// #region example
import { createSpillway } from '@spillway/express';
import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import express from 'express';

const app = express();
const spillway = createSpillway();
const pool = spillway.pool('api', {
  backends: [
    { id: 'one', url: 'https://one.example/v1' },
    { id: 'two', url: 'https://two.example/v1', priority: 2 }, // when `one` refuses or fails
  ],
});

app.use('/api', createPoolProxyMiddleware(pool, { changeOrigin: true }));

const server = app.listen(3000);
process.once('SIGTERM', () => spillway.shutdown({ server }));
// #endregion
