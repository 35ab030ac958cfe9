import { PROBE_HEADERS, type Probe } from '@spillway/node-http';
import type { Middleware } from 'koa';

/** Answers with what the probe says at this moment. */
export function probe(ask: Probe): Middleware {
  return async function spillwayProbe(ctx) {
    const { status, body } = await ask();
    ctx.status = status;
    ctx.set(PROBE_HEADERS);
    ctx.body = JSON.stringify(body);
  };
}
