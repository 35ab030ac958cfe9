import type { LimitReason } from './limiter.ts';
import type { Operation } from './operation.ts';
import type { RetryAfterStyle } from './options.ts';

/** An answer that is not a completion, ready to be sent. */
export interface Rejection {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

export const notFound = plainRejection(404, '404', 'Resource not found');

/** A missing or a wrong key: Azure answers both alike. */
export const unauthorized = plainRejection(
  401,
  '401',
  'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a ' +
    'valid key for an active subscription and use a correct regional API endpoint for your resource.',
);

export const invalidBody = plainRejection(
  400,
  'BadRequest',
  'The request body could not be read as a JSON object.',
);

/** A status asked for by the failure switch. */
export function forcedRejection(status: number): Rejection {
  const message = 'The server had an error while processing your request. Sorry about that!';
  return plainRejection(status, String(status), message);
}

export interface RateLimit {
  readonly operation: Operation;
  readonly reason: LimitReason;
  readonly waitMs: number;
  readonly style: RetryAfterStyle;
  readonly tokensPerMinute: number;
}

/** The 429 as the service sends it; the style decides which headers tell the wait. */
export function rateLimited(limit: RateLimit): Rejection {
  const { operation, reason, style } = limit;
  const seconds = style === 'huge' ? 86_400 : Math.ceil(limit.waitMs / 1000);
  const rate = reason === 'tokens' ? 'token' : 'call';
  const message =
    `Requests to the ${operation.name} Operation under Azure OpenAI API version ` +
    `${operation.apiVersion} have exceeded ${rate} rate limit of your current OpenAI S0 pricing ` +
    `tier. Please retry after ${seconds} seconds. Please go here: https://aka.ms/oai/quotaincrease ` +
    'if you would like to further increase the default rate limit.';
  const { body } = plainRejection(429, '429', message);
  return { status: 429, headers: waitHeaders(limit, seconds), body };
}

/** The wait's headers alone, which a forced 503 carries too. */
export function waitHeaders(limit: RateLimit, seconds: number): Record<string, string> {
  const { reason, waitMs, style, tokensPerMinute } = limit;
  if (style === 'none') return {};
  const headers: Record<string, string> = {};
  if (tokensPerMinute !== Infinity) {
    headers['x-ratelimit-limit-tokens'] = String(tokensPerMinute);
    headers[`x-ratelimit-remaining-${reason}`] = '0';
  }
  const reset = `x-ratelimit-reset-${reason}`;
  const both = (value: number) => ({ ...headers, 'retry-after': `${value}`, [reset]: `${value}` });
  switch (style) {
    case 'seconds':
    case 'huge':
      return both(seconds);
    case 'zero':
      return both(0);
    case 'negative':
      return both(-1);
    case 'milliseconds':
      return { ...both(seconds), 'retry-after-ms': String(Math.ceil(waitMs)) };
    case 'http-date': {
      // A date has whole seconds: rounded up, so that it never asks for less than the wait.
      const date = new Date(Math.ceil((Date.now() + waitMs) / 1000) * 1000);
      return { ...headers, 'retry-after': date.toUTCString() };
    }
    case 'reset-requests':
    case 'reset-tokens':
      return { ...headers, [`x-ratelimit-${style}`]: String(seconds) };
    case 'hyphenated':
      return { ...headers, 'x-rate-limit-reset-tokens': String(seconds) };
  }
}

function plainRejection(status: number, code: string, message: string): Rejection {
  return { status, headers: {}, body: { error: { code, message } } };
}
