/** The stable codes of everything that Spillway itself answers a caller with. */
export type ProblemCode =
  | 'queue_full'
  | 'queue_timeout'
  | 'circuit_open'
  | 'shutting_down'
  | 'coordinator_unavailable'
  | 'no_backend'
  | 'bad_gateway'
  | 'gateway_timeout'
  | 'request_timeout'
  | 'caller_timeout'
  | 'body_consumed'
  | 'bad_request';

/** The one table of statuses and titles; a policy may answer with another status where it says so. */
const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  queue_full: { status: 429, title: 'Too many requests are waiting' },
  queue_timeout: { status: 503, title: 'Waited too long for a free slot' },
  circuit_open: { status: 503, title: 'The circuit is open' },
  shutting_down: { status: 503, title: 'The service is shutting down' },
  coordinator_unavailable: { status: 503, title: 'The limit that instances share is unavailable' },
  no_backend: { status: 503, title: 'No backend is available' },
  bad_gateway: { status: 502, title: 'The backend gave no valid answer' },
  gateway_timeout: { status: 504, title: 'The backend did not answer in time' },
  request_timeout: { status: 504, title: 'The request took too long' },
  caller_timeout: { status: 408, title: 'The request did not arrive in time' },
  body_consumed: { status: 500, title: 'The request body has been read already' },
  bad_request: { status: 400, title: 'The request cannot be forwarded as it is' },
};

const BRAND = Symbol.for('spillway.error');

/** Base of every error that Spillway makes. Branch on `code`, not on the class or the message. */
export abstract class SpillwayError extends Error {
  readonly [BRAND] = true;
  abstract readonly code: string;
}

/** True for any {@link SpillwayError}, also of another copy of this package in the same process. */
export function isSpillwayError(error: unknown): error is SpillwayError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

export interface ProblemDetails {
  /** The gate, breaker or pool that decided. */
  readonly policy: string;
  /** One sentence for a person; never holds a credential. */
  readonly detail: string;
  /** The id of the backend that was asked last. Not part of what the caller is told. */
  readonly backend?: string | undefined;
  /** Overrides the status that belongs to the code. */
  readonly status?: number;
  /** Becomes the `Retry-After` header, rounded up to whole seconds, at least 1. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** What a caller is answered with, as RFC 9457 describes it, when no backend's answer can be passed on. */
export abstract class ProblemError extends SpillwayError {
  override readonly code: ProblemCode;
  readonly policy: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The id of the backend that was asked last; `undefined` when none was. */
  readonly backend: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ProblemCode, details: ProblemDetails) {
    super(`${details.policy}: ${details.detail}`, { cause: details.cause });
    const { status, title } = PROBLEMS[code];
    this.code = code;
    this.policy = details.policy;
    this.status = details.status ?? status;
    this.title = title;
    this.detail = details.detail;
    this.backend = details.backend;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** The value of the `Retry-After` header: whole seconds, at least 1; `undefined` when there is none. */
  get retryAfterSeconds(): number | undefined {
    if (this.retryAfterMs === undefined) return undefined;
    return Math.max(1, Math.ceil(this.retryAfterMs / 1_000));
  }

  /** Where the error handlers of Express and Koa look for them. */
  get headers(): Record<string, string> {
    const { retryAfterSeconds } = this;
    return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  }
}

/**
 * The request never ran: it is safe to try it elsewhere, or again after `retryAfterMs`. The one
 * exception is `shutting_down`, which ends what runs, too, when the time for it is over.
 */
export class RejectedError extends ProblemError {
  override readonly name = 'RejectedError';
}

/** The request was tried and no answer can be had; whether a backend acted on it is unknown. */
export class UpstreamError extends ProblemError {
  override readonly name = 'UpstreamError';
}

/** An option that is unknown, of the wrong type or impossible. Thrown when the policy is made. */
export class ConfigurationError extends SpillwayError {
  override readonly name: string = 'ConfigurationError';
  override readonly code: 'invalid_configuration' | 'conflict' = 'invalid_configuration';
  /** Where the option stands, for example `pool(chat).backends[1].weight`. */
  readonly path: string;
  readonly rule: string;
  readonly value: unknown;

  constructor(path: string, rule: string, ...got: [value?: unknown]) {
    super(`${path} ${rule}${got.length > 0 ? `, got ${show(got[0])}` : ''}`);
    this.path = path;
    this.rule = rule;
    this.value = got[0];
  }
}

/** What was asked for would do at another time: the present state is what stands against it. */
export class ConflictError extends ConfigurationError {
  override readonly name = 'ConflictError';
  override readonly code = 'conflict';
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
