import { createSpillway } from '@spillway/express';
import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import { failoverPools } from './failover.ts';
import { appOf, serveMounts } from './mounts.ts';

serveMounts(
  Array.from(failoverPools(createSpillway()), ([percent, pool]) => [
    `refused-${percent}`,
    appOf(createPoolProxyMiddleware(pool, { changeOrigin: true, xfwd: true })),
  ]),
);
