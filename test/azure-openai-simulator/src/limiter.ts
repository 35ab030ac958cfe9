/** Which of the two limits refused; it decides the name of the reset header. */
export type LimitReason = 'tokens' | 'requests';

export type Verdict =
  | {
      readonly admitted: true;
      readonly remainingTokens: number;
      readonly remainingRequests: number;
    }
  | { readonly admitted: false; readonly reason: LimitReason; readonly waitMs: number };

export interface LimiterRates {
  readonly tokensPerMinute: number;
  /** Multiplies both windows. */
  readonly timeScale: number;
}

const TOKEN_WINDOW_MS = 60_000;
const REQUEST_WINDOW_MS = 10_000;

interface Charge {
  readonly at: number;
  readonly tokens: number;
}

/**
 * A deployment's quota: tokens over a sliding minute, ceil(TPM / 1000) requests over sliding ten
 * seconds. A refused request consumes nothing. An entry as old as its window no longer counts.
 */
export class Limiter {
  #charges: Charge[] = [];

  admit(tokens: number, now: number, rates: LimiterRates): Verdict {
    const { tokensPerMinute, timeScale } = rates;
    const requestLimit = Math.ceil(tokensPerMinute / 1000);
    if (tokensPerMinute === Infinity) {
      return { admitted: true, remainingTokens: Infinity, remainingRequests: Infinity };
    }
    const tokenWindowMs = TOKEN_WINDOW_MS * timeScale;
    const requestWindowMs = REQUEST_WINDOW_MS * timeScale;
    this.#charges = this.#charges.filter((charge) => charge.at > now - tokenWindowMs);
    const recent = this.#charges.filter((charge) => charge.at > now - requestWindowMs);
    const used = this.#charges.reduce((sum, charge) => sum + charge.tokens, 0);

    const tokensWaitMs = waitForTokens(
      this.#charges,
      used + tokens - tokensPerMinute,
      tokenWindowMs,
      now,
    );
    const blocking = recent.at(-requestLimit);
    const requestsWaitMs = blocking === undefined ? 0 : blocking.at + requestWindowMs - now;
    if (tokensWaitMs > 0 || requestsWaitMs > 0) {
      return requestsWaitMs > tokensWaitMs
        ? { admitted: false, reason: 'requests', waitMs: requestsWaitMs }
        : { admitted: false, reason: 'tokens', waitMs: tokensWaitMs };
    }
    this.#charges.push({ at: now, tokens });
    return {
      admitted: true,
      remainingTokens: tokensPerMinute - used - tokens,
      remainingRequests: requestLimit - recent.length - 1,
    };
  }

  reset(): void {
    this.#charges = [];
  }
}

/** How long until `excess` tokens have left the window; a whole window if they never fit. */
function waitForTokens(
  charges: readonly Charge[],
  excess: number,
  windowMs: number,
  now: number,
): number {
  if (excess <= 0) return 0;
  let freed = 0;
  for (const charge of charges) {
    freed += charge.tokens;
    if (freed >= excess) return charge.at + windowMs - now;
  }
  return windowMs;
}
