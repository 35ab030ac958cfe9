/** What has come of attempts, up to a moment. Those that were cancelled prove nothing, and are not in it. */
export interface AttemptTotals {
  readonly requests: number;
  readonly failures: number;
  /** Of all of them together, in milliseconds. */
  readonly durationMs: number;
}

/** What came after `before`. */
export function since(now: AttemptTotals, before: AttemptTotals): AttemptTotals {
  return {
    requests: now.requests - before.requests,
    failures: now.failures - before.failures,
    durationMs: now.durationMs - before.durationMs,
  };
}

export function sumOf(all: readonly AttemptTotals[]): AttemptTotals {
  let requests = 0;
  let failures = 0;
  let durationMs = 0;
  for (const totals of all) {
    requests += totals.requests;
    failures += totals.failures;
    durationMs += totals.durationMs;
  }
  return { requests, failures, durationMs };
}

/** `undefined` where there was no request. */
export function ratioOf({ requests, failures, durationMs }: AttemptTotals): {
  readonly failureRatio: number | undefined;
  readonly latencyMs: number | undefined;
} {
  if (requests === 0) return { failureRatio: undefined, latencyMs: undefined };
  return { failureRatio: failures / requests, latencyMs: durationMs / requests };
}
