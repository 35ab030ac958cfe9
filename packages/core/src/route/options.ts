import { type BreakerOptions, type BreakerRule, breakerRule } from '../breaker/rule.ts';
import { ConfigurationError } from '../errors.ts';
import { type GateConfig, type GateOptions, gateShape } from '../gate/options.ts';
import { type ApdexOptions, DEFAULT_APDEX_MS, readApdexMs } from '../metrics/service-level.ts';
import { nonEmptyString, object, optional, positiveMs, type Reader } from '../options.ts';
import type { RequestView } from '../request-view.ts';

interface Named {
  /**
   * Names the policy in metrics, status and answers; no other policy of this `createSpillway` may
   * have it.
   * @defaultValue the name of the call, with a number from the second on
   */
  readonly name?: string | undefined;
}

interface Abandoning {
  /**
   * How long work may go on, and hold its slot, after its caller has left or its time was up, in
   * milliseconds.
   * @defaultValue 10_000
   */
  readonly abandonMs?: number | undefined;
}

interface Timed {
  /**
   * How long the request may take from the moment that it runs, in milliseconds. Its caller is then
   * answered with 504; it counts as a failure.
   * @defaultValue no limit
   */
  readonly timeoutMs?: number | undefined;
}

export interface LimitConcurrencyOptions<R = RequestView>
  extends Named,
    GateOptions<R>,
    Abandoning,
    ApdexOptions {}

export interface CircuitBreakerOptions extends Named, BreakerOptions, Timed, ApdexOptions {}

export interface ProtectOptions<R = RequestView> extends Named, Timed, Abandoning, ApdexOptions {
  /** How many requests may run at once and wait. */
  readonly concurrency?: GateOptions<R> | undefined;
  readonly breaker?: BreakerOptions | undefined;
}

/** What protects a route; the options of the three calls come to this. */
export interface RouteConfig {
  readonly call: RouteCall;
  readonly name: string | undefined;
  readonly gate: GateConfig | undefined;
  readonly breaker: BreakerRule | undefined;
  readonly timeoutMs: number | undefined;
  readonly abandonMs: number;
  readonly apdexMs: number;
}

/** The three calls that protect a route. */
export type RouteCall = 'limitConcurrency' | 'circuitBreaker' | 'protect';

const DEFAULT_ABANDON_MS = 10_000;

const name = optional(nonEmptyString);
const abandonMs = optional(positiveMs, DEFAULT_ABANDON_MS);
const timeoutMs = optional(positiveMs);
const apdexMs = optional(readApdexMs, DEFAULT_APDEX_MS);
const FAILURES = ['500-599'] as const;

const readLimit = object<GateConfig & Pick<RouteConfig, 'name' | 'abandonMs' | 'apdexMs'>>({
  name,
  ...gateShape,
  abandonMs,
  apdexMs,
});

/**
 * In a pool `maxTripDurationMs` also caps the waits that are remembered; on a route it caps nothing
 * unless answers are to say how long a trip lasts. `acceptRetryAfter: false` is a choice: it may be
 * made elsewhere, and be another one tomorrow.
 */
function ofRoute<T extends BreakerRule>(read: Reader<T>): Reader<T> {
  return (value, path) => {
    const rule = read(value, path);
    const { acceptRetryAfter, maxTripDurationMs } = value as BreakerOptions;
    if (maxTripDurationMs !== undefined && acceptRetryAfter === undefined) {
      const conflict = 'caps what answers ask for and has no meaning without acceptRetryAfter';
      throw new ConfigurationError(`${path}.maxTripDurationMs`, conflict, maxTripDurationMs);
    }
    return rule;
  };
}

const readBreaker = ofRoute(
  breakerRule<Pick<RouteConfig, 'name' | 'timeoutMs' | 'apdexMs'>>(FAILURES, {
    name,
    timeoutMs,
    apdexMs,
  }),
);

const readProtection = object<
  Omit<RouteConfig, 'call' | 'gate'> & { concurrency: RouteConfig['gate'] }
>({
  name,
  concurrency: optional(object(gateShape)),
  breaker: optional(ofRoute(breakerRule(FAILURES))),
  timeoutMs,
  abandonMs,
  apdexMs,
});

/** Reads the options of each call. */
export const readRouteOptions: Readonly<Record<RouteCall, Reader<RouteConfig>>> = {
  limitConcurrency(value, path) {
    const { name, abandonMs, apdexMs, ...gate } = readLimit(value, path);
    const call = 'limitConcurrency';
    return { call, name, gate, breaker: undefined, timeoutMs: undefined, abandonMs, apdexMs };
  },
  circuitBreaker(value, path) {
    const { name, timeoutMs, apdexMs, ...breaker } = readBreaker(value, path);
    const call = 'circuitBreaker';
    const abandonMs = DEFAULT_ABANDON_MS;
    return { call, name, gate: undefined, breaker, timeoutMs, abandonMs, apdexMs };
  },
  protect(value, path) {
    const { concurrency: gate, ...config } = readProtection(value, path);
    if (gate === undefined && config.breaker === undefined && config.timeoutMs === undefined) {
      const rule = "must have at least one of 'concurrency', 'breaker' and 'timeoutMs'";
      throw new ConfigurationError(path, rule);
    }
    return { call: 'protect', gate, ...config };
  },
};
