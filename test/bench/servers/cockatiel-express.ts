import { once } from 'node:events';
import { bulkhead, circuitBreaker, handleAll, SamplingBreaker, wrap } from 'cockatiel';
import { serveRoute } from './route.ts';

const policy = wrap(
  bulkhead(100, 100),
  circuitBreaker(handleAll, {
    halfOpenAfter: 10_000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 2 }),
  }),
);

/** One execution for each request, which lasts as long as its response. */
serveRoute((_req, res, next) => {
  policy
    .execute(async () => {
      next();
      await once(res, 'close');
      if (res.statusCode >= 500) throw new Error(`The route answered ${res.statusCode}.`);
    })
    .catch((error: Error) => {
      if (!res.headersSent) next(error);
    });
});
