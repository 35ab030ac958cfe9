import { createSpillway } from '@spillway/express';
import { keyCounts, keysInTurn } from './keys.ts';
import { appOf, serveMounts } from './mounts.ts';
import { backendUrl } from './serve.ts';

const spillway = createSpillway();
const url = backendUrl();
const backends = Array.from({ length: 10 }, (_, index) => ({ id: `backend-${index}`, url }));

serveMounts(
  keyCounts.map((count) => [
    `keys-${count}`,
    appOf(
      spillway.proxy(
        spillway.pool(`by-${count}-keys`, { backends, affinity: { key: keysInTurn(count) } }),
      ),
    ),
  ]),
);
