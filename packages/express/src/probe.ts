import { type Probe, sendProbe } from '@spillway/node-http';
import type { RequestHandler } from 'express';

/** Answers with what the probe says at this moment. */
export function probe(ask: Probe): RequestHandler {
  return function spillwayProbe(_req, res, next) {
    ask()
      .then((answer) => {
        // Others may have answered meanwhile: a deadline of the application's own.
        if (!res.headersSent) sendProbe(res, answer);
      })
      .catch(next);
  };
}
