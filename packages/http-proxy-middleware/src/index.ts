export { createPoolProxyMiddleware } from './create-pool-proxy-middleware.ts';
export { type PoolProxyOptions, poolOptions } from './pool-options.ts';
