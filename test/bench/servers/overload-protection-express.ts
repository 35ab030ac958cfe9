import overloadProtection from 'overload-protection';
import { serveRoute } from './route.ts';

/** Its checks are on, with limits that no run reaches. */
serveRoute(
  overloadProtection('express', {
    maxEventLoopDelay: 10_000,
    maxHeapUsedBytes: 4 * 2 ** 30,
    maxRssBytes: 8 * 2 ** 30,
  }),
);
