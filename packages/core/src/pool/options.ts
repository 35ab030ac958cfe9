import { type BreakerOptions, type BreakerRule, breakerRule } from '../breaker/rule.ts';
import { ConfigurationError } from '../errors.ts';
import { type ApdexOptions, DEFAULT_APDEX_MS, readApdexMs } from '../metrics/service-level.ts';
import {
  array,
  finiteNumber,
  nonEmptyString,
  nonNegativeInteger,
  nonNegativeNumber,
  object,
  oneOf,
  optional,
  positiveInteger,
  positiveMs,
  type Reader,
} from '../options.ts';
import { type Affinity, type AffinityOptions, readAffinity } from './affinity.ts';
import type { BackendConfig, BackendHandler } from './backend.ts';
import type { Balance } from './level.ts';
import { type RetryOptions, type RetryRule, readRetryRule } from './resubmission.ts';
import { copyOf } from './shown-url.ts';

/** One destination of a pool. */
export interface BackendOptions {
  /** Names it in metrics, status and errors; unique within its pool. */
  readonly id: string;
  /**
   * Absolute `http:` or `https:` URL. A request's path is appended to this one's. It, or `handler`,
   * must be given.
   */
  readonly url?: string | URL | undefined;
  /**
   * A route of this very process: `(req, res, next)`, an Express application, or a Koa application.
   * It answers the caller itself; its statuses count for its breaker, and it is not made again
   * elsewhere once it has begun.
   */
  readonly handler?: BackendHandler | { callback(): BackendHandler } | undefined;
  /**
   * The lowest number is used first. Backends of one priority form a level.
   * @defaultValue 1
   */
  readonly priority?: number | undefined;
  /**
   * Share of its level's traffic, relative to the others' weights. 0 gets nothing.
   * @defaultValue 1
   */
  readonly weight?: number | undefined;
  /**
   * Sent with every request to this backend and to no other, in place of the caller's own. With an
   * `authorization`, `api-key` or `x-api-key` here, none of the three is passed on from the caller.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Overrides the pool's `breaker`; `false` for none. */
  readonly breaker?: BreakerOptions | false | undefined;
  /**
   * Requests at once. In a pool where a backend has it, a body up to `retry.maxBodyBytes` has to be
   * here, or 64 KiB of it, before its request takes a place or waits.
   * @defaultValue no limit
   */
  readonly maxCount?: number | undefined;
}

/** Limits of time for one attempt. They apply to each attempt anew. */
export interface TimeoutOptions {
  /**
   * Until a connection is made, in milliseconds.
   * @defaultValue 10_000
   */
  readonly connectMs?: number | undefined;
  /**
   * From the last byte of the request to the head of the answer, in milliseconds.
   * @defaultValue 300_000
   */
  readonly headersMs?: number | undefined;
  /**
   * Between two chunks of a body, while its reader is willing, in milliseconds.
   * @defaultValue 300_000
   */
  readonly bodyMs?: number | undefined;
  /**
   * How long an attempt waits for its caller to send the next 64 KiB of the request, or to take what
   * it was sent of the answer, in milliseconds: the place at the backend is held meanwhile. Then the
   * caller gets 408, or its answer is cut off.
   * @defaultValue 300_000
   */
  readonly callerMs?: number | undefined;
}

/** Lets requests wait while every backend is at its `maxCount`. */
export interface QueueOptions {
  /** How many may wait. */
  readonly maxQueueLength: number;
  /**
   * How long each may wait, in milliseconds.
   * @defaultValue 30_000
   */
  readonly timeoutMs?: number | undefined;
}

export interface PoolOptions extends ApdexOptions {
  readonly backends: readonly BackendOptions[];
  /**
   * How a level's traffic is shared: by exact, smooth shares; by chance with the weights; or to the
   * backend with the fewest requests under way for its weight.
   * @defaultValue `'weighted'`
   */
  readonly balance?: Balance | undefined;
  /** Keeps requests with the same key at the same backend. */
  readonly affinity?: AffinityOptions | undefined;
  /** The rule of backends that have none of their own. */
  readonly breaker?: BreakerOptions | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly timeouts?: TimeoutOptions | undefined;
  /** @defaultValue none: a request that no backend can take is answered at once */
  readonly queue?: QueueOptions | undefined;
}

export interface PoolConfig {
  /** Those that the pool began with. */
  readonly backends: readonly BackendConfig[];
  /** The rule of backends that have none of their own. */
  readonly breaker: BreakerRule | undefined;
  readonly balance: Balance;
  readonly affinity: Affinity | undefined;
  readonly retry: RetryRule;
  readonly timeouts: { readonly [K in keyof TimeoutOptions]-?: number };
  readonly queue: { readonly maxQueueLength: number; readonly timeoutMs: number } | undefined;
  readonly apdexMs: number;
}

const readBreaker = breakerRule([429, '500-599']);

/** Where a URL may hold a password or a key: before the `@`, in the query. */
function hideSecrets(url: string): string {
  return url.replace(/^.*@/s, '***@').replace(/[?#].*$/s, '?***');
}

const readUrl: Reader<URL> = (value, path) => {
  const text = value instanceof URL ? value.href : value;
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const shown = typeof text === 'string' ? hideSecrets(text) : value;
    throw new ConfigurationError(path, "must be an absolute 'http:' or 'https:' URL", shown);
  }
  // The value is not shown: it may hold a secret.
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError(path, "must not hold credentials: give them in 'headers'");
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ConfigurationError(path, 'must not have a query or a fragment');
  }
  return value instanceof URL ? copyOf(value) : url;
};

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Framing and routing are the transport's; a backend's headers must not contradict it. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Header names in lower case. Values are credentials more often than not, so no error shows one. */
const readHeaders: Reader<Readonly<Record<string, string>>> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(path, 'must be an object of header names and values');
  }
  const headers: Record<string, string> = {};
  for (const [name, content] of Object.entries(value)) {
    const lower = name.toLowerCase();
    const at = `${path}[${JSON.stringify(name)}]`;
    if (!TOKEN.test(lower)) throw new ConfigurationError(at, 'is not a valid header name');
    if (RESERVED.has(lower)) throw new ConfigurationError(at, 'is set by the transport alone');
    if (Object.hasOwn(headers, lower)) throw new ConfigurationError(at, 'stands there twice');
    if (typeof content !== 'string' || !FIELD_VALUE.test(content)) {
      const got = content === undefined ? ', got undefined' : '';
      throw new ConfigurationError(at, `must be a string that a header may hold${got}`);
    }
    headers[lower] = content;
  }
  return headers;
};

const readOwnBreaker: Reader<BreakerRule | false> = (value, path) =>
  value === false ? false : readBreaker(value, path);

type ReadBackend = Omit<BackendConfig, 'breaker'> & { breaker: BreakerRule | false | undefined };

const readHandler: Reader<BackendHandler> = (value, path) => {
  if (typeof value === 'function') return value as BackendHandler;
  if (typeof value === 'object' && value !== null && 'callback' in value) {
    const { callback } = value;
    if (typeof callback === 'function') return callback.call(value) as BackendHandler;
  }
  throw new ConfigurationError(path, 'must be a function, or a Koa application', value);
};

const readBackendOptions = object<ReadBackend>({
  id: nonEmptyString,
  url: optional(readUrl),
  handler: optional(readHandler),
  priority: optional(finiteNumber, 1),
  weight: optional(nonNegativeNumber, 1),
  headers: optional(readHeaders, {}),
  breaker: optional(readOwnBreaker),
  maxCount: optional(positiveInteger, Number.POSITIVE_INFINITY),
});

const readBackend: Reader<ReadBackend> = (value, path) => {
  const backend = readBackendOptions(value, path);
  if ((backend.url === undefined) === (backend.handler === undefined)) {
    throw new ConfigurationError(path, "must have exactly one of 'url' and 'handler'");
  }
  if (backend.handler !== undefined && Object.keys(backend.headers).length > 0) {
    throw new ConfigurationError(`${path}.headers`, "has no meaning beside 'handler'");
  }
  return backend;
};

const readTimeouts = object({
  connectMs: optional(positiveMs, 10_000),
  headersMs: optional(positiveMs, 300_000),
  bodyMs: optional(positiveMs, 300_000),
  callerMs: optional(positiveMs, 300_000),
});

const readPool = object({
  backends: array(readBackend),
  balance: optional(oneOf('weighted', 'random', 'least-requests'), 'weighted'),
  affinity: optional(readAffinity),
  breaker: optional(readBreaker),
  retry: optional(readRetryRule, readRetryRule({}, 'retry')),
  timeouts: optional(readTimeouts, readTimeouts({}, 'timeouts')),
  queue: optional(
    object({ maxQueueLength: nonNegativeInteger, timeoutMs: optional(positiveMs, 30_000) }),
  ),
  apdexMs: optional(readApdexMs, DEFAULT_APDEX_MS),
});

/** Checks a pool's options; throws a {@link ConfigurationError} for the first that is wrong. */
export function readPoolOptions(name: unknown, options: unknown): PoolConfig {
  nonEmptyString(name, 'pool name');
  const path = `pool(${name})`;
  const read = readPool(options, path);
  const { breaker, backends, ...config } = read;
  if (backends.length === 0) {
    throw new ConfigurationError(`${path}.backends`, 'must have at least one backend', []);
  }
  const seen = new Set<string>();
  backends.forEach(({ id }, index) => {
    if (seen.has(id)) throw duplicateId(`${path}.backends[${index}]`, id);
    seen.add(id);
  });
  if (backends.every(({ weight }) => weight === 0)) {
    const rule = 'must have at least one backend with a weight above 0';
    throw new ConfigurationError(`${path}.backends`, rule);
  }
  return {
    ...config,
    breaker,
    backends: backends.map((backend) => withBreaker(backend, breaker)),
  };
}

/** Checks a backend that is to join a pool. */
export function readNewBackend(
  options: unknown,
  path: string,
  poolBreaker: BreakerRule | undefined,
  ids: readonly string[],
): BackendConfig {
  const backend = readBackend(options, path);
  if (ids.includes(backend.id)) throw duplicateId(path, backend.id);
  return withBreaker(backend, poolBreaker);
}

function duplicateId(path: string, id: string): ConfigurationError {
  return new ConfigurationError(`${path}.id`, 'must be unique in its pool', id);
}

function withBreaker(backend: ReadBackend, poolBreaker: BreakerRule | undefined): BackendConfig {
  const { breaker } = backend;
  return { ...backend, breaker: breaker === false ? undefined : (breaker ?? poolBreaker) };
}
