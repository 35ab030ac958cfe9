import underPressure from '@fastify/under-pressure';
import { serveFastify } from './fastify-route.ts';

/** Its checks are on, with limits that no run reaches; it is a Fastify plugin and nothing else. */
await serveFastify((app) => {
  app.register(underPressure, {
    maxEventLoopDelay: 10_000,
    maxHeapUsedBytes: 4 * 2 ** 30,
    maxRssBytes: 8 * 2 ** 30,
    maxEventLoopUtilization: 2,
  });
});
