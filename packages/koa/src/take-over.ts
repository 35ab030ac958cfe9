import type { Context } from 'koa';

/**
 * Lets `answer` write the response itself, as Koa allows it, and gives it back to Koa if something is
 * left to do: what `answer` resolves with, or what it throws.
 */
export async function takeOver<T>(
  ctx: Context,
  answer: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { respond } = ctx;
  const { statusCode } = ctx.res;
  ctx.respond = false;
  // Handlers find a response as Node makes them, and not Koa's 404.
  ctx.res.statusCode = 200;
  let left: T | undefined;
  try {
    left = await answer();
  } catch (error) {
    ctx.respond = respond;
    // Koa leaves an answer alone that has begun.
    if (ctx.res.headersSent) ctx.res.destroy();
    throw error;
  }
  if (left === undefined) return undefined;
  ctx.respond = respond;
  if (!ctx.res.headersSent) ctx.res.statusCode = statusCode;
  return left;
}

/** For the logs of middleware before, which would tell of Koa's 404. nginx has it as 499, too. */
export function noteThatCallerLeft({ res, socket }: Context): void {
  if (socket.destroyed && !res.headersSent) res.statusCode = 499;
}
