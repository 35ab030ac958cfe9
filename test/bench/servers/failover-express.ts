import { createSpillway } from '@spillway/express';
import { failoverPools } from './failover.ts';
import { appOf, serveMounts } from './mounts.ts';

const spillway = createSpillway();
serveMounts(
  Array.from(failoverPools(spillway), ([percent, pool]) => [
    `refused-${percent}`,
    appOf(spillway.proxy(pool)),
  ]),
);
