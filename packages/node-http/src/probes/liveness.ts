import { read } from '@spillway/core';
import { type CheckContext, type Checks, checksOf, readChecks } from './checks.ts';
import { type Probe, probeAnswer } from './probe.ts';

export interface LivenessOptions {
  /**
   * What only a restart can mend, by name; a check fails when it throws or rejects. Nothing that
   * other services have a part in: a database that is away is no reason to restart.
   * @defaultValue none
   */
  readonly checks?: Checks | undefined;
  /**
   * How long a check may take, in milliseconds.
   * @defaultValue 5_000
   */
  readonly timeoutMs?: number | undefined;
}

export const DEFAULT_CHECK_TIMEOUT_MS = 5_000;

const readOptions = read.object({
  checks: read.optional(readChecks, {}),
  timeoutMs: read.optional(read.positiveMs, DEFAULT_CHECK_TIMEOUT_MS),
});

/** 200 unless a check fails: 503. Load has no part in it. */
export function createLiveness(context: CheckContext, options: LivenessOptions): Probe {
  const { checks, timeoutMs } = readOptions(options, 'liveness');
  const failures = checksOf(checks, timeoutMs, context);
  return async function liveness() {
    const failed = await failures();
    return probeAnswer(failed.length === 0 ? 200 : 503, failed);
  };
}
