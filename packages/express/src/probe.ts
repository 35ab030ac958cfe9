import { type Probe, sendProbe } from '@spillway/node-http';
import type { RequestHandler } from 'express';

/** Answers with what the probe says at this moment. */
export function probe(ask: Probe): RequestHandler {
  return function spillwayProbe(_req, res, next) {
    ask().then((answer) => sendProbe(res, answer), next);
  };
}
