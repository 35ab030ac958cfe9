import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigurationError, type ProblemError } from '@spillway/core';
import type { TrustsPeer } from '../headers.ts';
import { HttpPool } from '../http-pool.ts';
import { ProxyExchange } from './proxy-exchange.ts';

/** Forwards one request of `node:http` through the pool. */
export type Forward = (
  request: IncomingMessage,
  response: ServerResponse,
  onProblem?: (problem: ProblemError) => void,
) => void;

/**
 * Makes the function that an adapter's proxy middleware calls.
 * @throws ConfigurationError when `pool` was not made by `createSpillway().pool()`
 */
export function createForward(pool: unknown, trustsPeer: TrustsPeer): Forward {
  if (!(pool instanceof HttpPool)) {
    throw new ConfigurationError('proxy', "must be given a pool made by 'spillway.pool()'", pool);
  }
  const plain = { trustsPeer, onProblem: undefined };
  return function forward(request, response, onProblem) {
    const host = onProblem === undefined ? plain : { trustsPeer, onProblem };
    new ProxyExchange(pool, request, response, host).start();
  };
}
