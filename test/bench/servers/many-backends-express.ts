import { createSpillway } from '@spillway/express';
import { curveNamed } from '../curves.ts';
import { appOf, serveMounts } from './mounts.ts';
import { backendUrl } from './serve.ts';

const sessions = 10_000;
const spillway = createSpillway();
const url = backendUrl();
let requests = 0;
const affinity = process.argv.includes('affinity')
  ? { affinity: { key: () => `session-${requests++ % sessions}` } }
  : {};

serveMounts(
  curveNamed('backends').points.map((count) => [
    `backends-${count}`,
    appOf(
      spillway.proxy(
        spillway.pool(`pool-of-${count}`, {
          backends: Array.from({ length: count }, (_, index) => ({
            id: `backend-${index}`,
            url,
            weight: 1 + (index % 3),
          })),
          ...affinity,
        }),
      ),
    ),
  ]),
);
