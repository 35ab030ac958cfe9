import { createSpillway } from '@spillway/express';
import { keyCounts, keysInTurn } from './keys.ts';
import { appOf, serveMounts } from './mounts.ts';
import { answerRoute } from './route.ts';

const spillway = createSpillway();

serveMounts(
  keyCounts.map((count) => [
    `keys-${count}`,
    appOf(
      spillway.limitConcurrency({
        name: `by-${count}-keys`,
        maxCount: 100,
        maxKeys: count,
        key: keysInTurn(count),
      }),
      answerRoute,
    ),
  ]),
);
