import type { MetricsRegistry } from '@spillway/node-http';
import type { RequestHandler } from 'express';

/** Answers with the registry's metrics as they are at this moment. */
export function metrics(registry: MetricsRegistry): RequestHandler {
  return function spillwayMetrics(_req, res, next) {
    registry
      .metrics()
      .then((text) => {
        // Others may have answered meanwhile: a deadline of the application's own.
        if (res.headersSent) return;
        res.setHeader('Content-Type', registry.contentType);
        res.end(text);
      })
      .catch(next);
  };
}
