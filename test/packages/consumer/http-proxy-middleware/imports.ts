import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSpillway } from '@spillway/express';
import {
  createPoolProxyMiddleware,
  type PoolProxyOptions,
  poolOptions,
} from '@spillway/http-proxy-middleware';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const backend = createServer((req, res) => res.end(`${req.url} from the backend`));
backend.listen(0, '127.0.0.1');
await new Promise((listening) => backend.once('listening', listening));
const { port } = backend.address() as AddressInfo;

const spillway = createSpillway();
const pool = spillway.pool('consumer', {
  backends: [
    { id: 'gone', url: 'http://127.0.0.1:9' },
    { id: 'here', url: `http://127.0.0.1:${port}`, priority: 2 },
  ],
});

const options: PoolProxyOptions<express.Request, express.Response> = {
  changeOrigin: true,
  pathRewrite: { '^/old': '/new' },
  on: { proxyReq: (proxyReq, req) => proxyReq.setHeader('x-ip', req.ip ?? '') },
};
const app = express();
app.use('/made', createPoolProxyMiddleware(pool, options));
app.use('/kept', createProxyMiddleware(poolOptions(pool, options)));
const server = app.listen(0, '127.0.0.1');
await new Promise((listening) => server.once('listening', listening));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

for (const path of ['/made/old/1', '/kept/old/1']) {
  const text = await (await fetch(origin + path)).text();
  if (text !== '/new/1 from the backend') throw new Error(`unexpected: ${text}`);
}
const { attempts } = pool.status().backends[1] ?? {};
if (attempts?.success !== 2) throw new Error(`unexpected: ${JSON.stringify(attempts)}`);
await spillway.shutdown({ server });
backend.close();
console.log(`imported on Node ${process.version}, with http-proxy-middleware: works`);
