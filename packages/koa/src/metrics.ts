import type { MetricsRegistry } from '@spillway/node-http';
import type { Middleware } from 'koa';

/** Answers with the registry's metrics as they are at this moment. */
export function metrics(registry: MetricsRegistry): Middleware {
  return async function spillwayMetrics(ctx) {
    const text = await registry.metrics();
    ctx.set('Content-Type', registry.contentType);
    ctx.body = text;
  };
}
