import { stopTap, tapRawBody } from '@spillway/node-http';
import type { Context, Next } from 'koa';

/**
 * Middleware, mounted before a body parser, that keeps the bytes of the body which the parser will
 * read, so that a pool can send them on.
 *
 * @example
 * app.use(keepRawBody);
 * app.use(bodyParser());
 */
export async function keepRawBody(ctx: Context, next: Next): Promise<void> {
  tapRawBody(ctx.req);
  try {
    await next();
  } finally {
    stopTap(ctx.req);
  }
}
