import { createSpillway } from '@spillway/express';
import { serveRoute } from './route.ts';

let requests = 0;
const spillway = createSpillway();
serveRoute(spillway.limitConcurrency({ maxCount: 100, key: () => `caller-${requests++ % 8}` }));
