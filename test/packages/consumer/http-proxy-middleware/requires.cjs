const { createSpillway } = require('@spillway/express');
const { createPoolProxyMiddleware, poolOptions } = require('@spillway/http-proxy-middleware');
const { createProxyMiddleware } = require('http-proxy-middleware');

const spillway = createSpillway();
const pool = spillway.pool('required', { backends: [{ id: 'only', url: 'http://127.0.0.1:9' }] });
for (const proxy of [
  createPoolProxyMiddleware(pool),
  createProxyMiddleware(poolOptions(pool, { changeOrigin: true })),
]) {
  if (typeof proxy.upgrade !== 'function') throw new Error('require() gave no working module');
}
spillway.shutdown().then(() => console.log('required: works'));
