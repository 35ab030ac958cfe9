import { once } from 'node:events';
import type { NextFunction, Response } from 'express';
import CircuitBreaker from 'opossum';
import { serveRoute } from './route.ts';

async function answered(res: Response, next: NextFunction): Promise<void> {
  next();
  await once(res, 'close');
  if (res.statusCode >= 500) throw new Error(`The route answered ${res.statusCode}.`);
}

const breaker = new CircuitBreaker(answered, {
  timeout: 30_000,
  capacity: 100,
  errorThresholdPercentage: 50,
  volumeThreshold: 20,
});

/** One call of `fire` for each request, which lasts as long as its response. */
serveRoute((_req, res, next) => {
  breaker.fire(res, next).catch((error: Error) => {
    if (!res.headersSent) next(error);
  });
});
