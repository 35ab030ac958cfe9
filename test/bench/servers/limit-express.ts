import { createSpillway } from '@spillway/express';
import { serveLater } from './route.ts';

const spillway = createSpillway();
serveLater(spillway.limitConcurrency({ maxCount: 20, maxQueueLength: 1_000 }));
