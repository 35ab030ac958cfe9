import { Pool } from 'undici';
import { refusingUrl, shares } from './failover.ts';
import { appOf, serveMounts } from './mounts.ts';
import { backendUrl } from './serve.ts';
import { passThroughTwice } from './undici-retry.ts';

const pool = new Pool(backendUrl());

serveMounts(
  shares.map((percent) => [
    `refused-${percent}`,
    appOf(passThroughTwice(pool, [new URL(refusingUrl(percent)).pathname, ''])),
  ]),
);
