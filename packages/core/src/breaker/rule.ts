import { ConfigurationError } from '../errors.ts';
import {
  boolean,
  number,
  object,
  optional,
  percentage,
  positiveInteger,
  positiveMs,
  type Reader,
  type Shape,
  statusCodes,
} from '../options.ts';

/** When a breaker trips, and for how long. Exactly one of the two thresholds must be given. */
export interface BreakerOptions {
  /** Trips at this many failures within `intervalMs`. */
  readonly failureCount?: number | undefined;
  /** Trips at this share of failures within `intervalMs`: above 0, up to 100. */
  readonly failurePercentage?: number | undefined;
  /**
   * With `failurePercentage`: how many requests the interval must hold before the share counts.
   * @defaultValue 20
   */
  readonly minimumRequests?: number | undefined;
  /**
   * The sliding interval, in milliseconds.
   * @defaultValue 10_000
   */
  readonly intervalMs?: number | undefined;
  /**
   * Which answers count as failures: statuses, and ranges such as `'500-599'`. Connection errors
   * and timeouts always count.
   * @defaultValue `[429, '500-599']` for a backend of a pool, `['500-599']` on a route
   */
  readonly statusCodes?: readonly (number | string)[] | undefined;
  /**
   * How long a trip lasts, in milliseconds, before one trial request may go through.
   * @defaultValue 10_000
   */
  readonly tripDurationMs?: number | undefined;
  /**
   * Lets the answer that trips say for how long (`retry-after-ms`, `Retry-After`,
   * `x-ratelimit-reset-requests`, `x-ratelimit-reset-tokens`), shorter or longer than `tripDurationMs`.
   * @defaultValue false
   */
  readonly acceptRetryAfter?: boolean | undefined;
  /**
   * Caps the wait that an answer asks for, in milliseconds: backends have asked for a day.
   * @defaultValue 120_000
   */
  readonly maxTripDurationMs?: number | undefined;
}

/** {@link BreakerOptions}, checked, with defaults filled in. */
export interface BreakerRule {
  readonly failureCount: number | undefined;
  readonly failurePercentage: number | undefined;
  readonly minimumRequests: number | undefined;
  readonly intervalMs: number;
  readonly statusCodes: ReadonlySet<number>;
  readonly tripDurationMs: number;
  readonly acceptRetryAfter: boolean;
  readonly maxTripDurationMs: number;
}

export const DEFAULT_MAX_TRIP_DURATION_MS = 120_000;
const DEFAULT_MINIMUM_REQUESTS = 20;

/** Each failure that is waited for is remembered: eight bytes. */
const MAX_FAILURE_COUNT = 1_000_000;
const failureCount = number(
  `a positive integer of at most ${MAX_FAILURE_COUNT}`,
  (value) => Number.isInteger(value) && value > 0 && value <= MAX_FAILURE_COUNT,
);

/** Reads a breaker rule whose failures are, unless it says otherwise, `defaultStatusCodes`. */
export function breakerRule(defaultStatusCodes: readonly (number | string)[]): Reader<BreakerRule>;
/** @param more options that stand beside the rule's own */
export function breakerRule<M extends object>(
  defaultStatusCodes: readonly (number | string)[],
  more: Shape<M>,
): Reader<BreakerRule & M>;
export function breakerRule(
  defaultStatusCodes: readonly (number | string)[],
  more: object = {},
): Reader<BreakerRule> {
  const read = object<BreakerRule>({
    ...more,
    failureCount: optional(failureCount),
    failurePercentage: optional(percentage),
    minimumRequests: optional(positiveInteger),
    intervalMs: optional(positiveMs, 10_000),
    statusCodes: optional(statusCodes, statusCodes(defaultStatusCodes, 'statusCodes')),
    tripDurationMs: optional(positiveMs, 10_000),
    acceptRetryAfter: optional(boolean, false),
    maxTripDurationMs: optional(positiveMs, DEFAULT_MAX_TRIP_DURATION_MS),
  });
  return (value, path) => {
    const rule = read(value, path);
    const { failureCount, failurePercentage, minimumRequests } = rule;
    if (failureCount !== undefined && failurePercentage !== undefined) {
      const conflict = 'cannot stand beside failureCount: a rule has one threshold';
      throw new ConfigurationError(`${path}.failurePercentage`, conflict, failurePercentage);
    }
    if (failureCount !== undefined && minimumRequests !== undefined) {
      const conflict = 'belongs to failurePercentage and has no meaning beside failureCount';
      throw new ConfigurationError(`${path}.minimumRequests`, conflict, minimumRequests);
    }
    if (failureCount === undefined && failurePercentage === undefined) {
      throw new ConfigurationError(path, 'must have failureCount or failurePercentage');
    }
    return { ...rule, minimumRequests: minimumRequests ?? DEFAULT_MINIMUM_REQUESTS };
  };
}
