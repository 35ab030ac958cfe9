import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigurationError } from '@spillway/core';
import { HttpPool } from '../http-pool.ts';
import { endUnanswered } from '../in-process.ts';
import type { Next } from './handler-attempt.ts';
import type { ProxyHost } from './incoming-exchange.ts';
import { ProxyExchange } from './proxy-exchange.ts';

/**
 * Forwards one request of `node:http` through the pool. What the application's own functions throw
 * at once, it throws: nothing has been answered then, and `host` is not told.
 */
export type Forward = (
  request: IncomingMessage,
  response: ServerResponse,
  host: ProxyHost,
  /** What comes after, for handlers among the backends. By default the response is ended with 404, or 500. */
  next?: Next,
) => void;

/**
 * Makes the function that an adapter's proxy middleware calls.
 * @throws ConfigurationError when `pool` was not made by `createSpillway().pool()`
 */
export function createForward(pool: unknown): Forward {
  if (!(pool instanceof HttpPool)) {
    throw new ConfigurationError('proxy', "must be given a pool made by 'spillway.pool()'", pool);
  }
  return function forward(request, response, host, next) {
    const passOn = next ?? endUnanswered(response);
    new ProxyExchange(pool, request, response, host, passOn).start();
  };
}
