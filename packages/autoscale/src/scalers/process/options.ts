import {
  type BackendOptions,
  type Clock,
  ConfigurationError,
  type FamilyRegistry,
  type Logger,
  type Pool,
  read,
} from '@spillway/core';

/** What instances join, and leave: a pool of `createSpillway()`. */
export type InstancePool = Pick<Pool, 'add' | 'remove' | 'status'>;

/** Makes a pool of its first backend, an instance that is ready. */
export type MakePool<P extends InstancePool> = (backends: readonly BackendOptions[]) => P;

export interface ProcessScalerOptions<P extends InstancePool = InstancePool> {
  /**
   * What each instance runs: a path or a `file:` URL. It listens on the port that the environment
   * variable `PORT` names, a free one from 24 000 to 31 999, and ends by itself on SIGTERM once it has
   * answered what it has.
   */
  readonly module: string | URL;
  /**
   * What the instances are backends of. A pool cannot be without any backend: give a function that
   * makes it of the first one where it has no others.
   */
  readonly pool: P | MakePool<P>;
  /**
   * Names the instances, with a number: `instance-1`. They are the ids of the backends.
   * @defaultValue `'instance'`
   */
  readonly name?: string | undefined;
  /**
   * Asked until it answers 2xx or 3xx; then the instance joins the pool.
   * @defaultValue `'/readyz'`
   */
  readonly readinessPath?: string | undefined;
  /**
   * Time between two questions, in milliseconds.
   * @defaultValue 100
   */
  readonly probeMs?: number | undefined;
  /**
   * How long an instance may take to become ready, in milliseconds. It is ended then.
   * @defaultValue 30_000
   */
  readonly readyTimeoutMs?: number | undefined;
  /**
   * How long an instance that leaves may take to finish what it has, in milliseconds.
   * @defaultValue 30_000
   */
  readonly drainTimeoutMs?: number | undefined;
  /**
   * How long it may then take to end after SIGTERM, in milliseconds, before SIGKILL.
   * @defaultValue 10_000
   */
  readonly stopTimeoutMs?: number | undefined;
  /** Added to this process's own environment variables, beside `PORT`. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Arguments of the module. */
  readonly args?: readonly string[] | undefined;
  /**
   * Flags of Node itself.
   * @defaultValue those of this process
   */
  readonly execArgv?: readonly string[] | undefined;
  /**
   * Where what the instances print goes: to where this process's goes, or nowhere.
   * @defaultValue `'inherit'`
   */
  readonly output?: 'inherit' | 'ignore' | undefined;
  /** Options of the backend that an instance is, beside `id` and `url`: `maxCount`, `breaker`, … */
  readonly backend?: Omit<BackendOptions, 'id' | 'url' | 'handler'> | undefined;
  /** @defaultValue the process's monotonic clock and timers */
  readonly clock?: Clock | undefined;
  /**
   * Told when instances join, leave, and die; `console` will do.
   * @defaultValue silent
   */
  readonly logger?: Logger | undefined;
  /**
   * A prom-client registry, for example `spillway.registry`.
   * @defaultValue none
   */
  readonly registry?: FamilyRegistry | undefined;
}

/** Checked, with defaults filled in. */
export interface ProcessScalerConfig {
  readonly module: string | URL;
  readonly pool: InstancePool | MakePool<InstancePool>;
  readonly name: string;
  readonly readinessPath: string;
  readonly probeMs: number;
  readonly readyTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly execArgv: readonly string[];
  readonly output: 'inherit' | 'ignore';
  readonly backend: object;
  readonly clock: Clock | undefined;
  readonly logger: Logger | undefined;
  readonly registry: FamilyRegistry | undefined;
}

const readModule: read.Reader<string | URL> = (value, path) => {
  if (value instanceof URL && value.protocol === 'file:') return value;
  if (typeof value === 'string' && value !== '') return value;
  throw new ConfigurationError(path, "must be a path or a 'file:' URL", value);
};

const readPath: read.Reader<string> = (value, path) => {
  if (typeof value === 'string' && value.startsWith('/')) return value;
  throw new ConfigurationError(path, "must be a path that begins with '/'", value);
};

const readPool: read.Reader<ProcessScalerConfig['pool']> = (value, path) =>
  typeof value === 'function'
    ? (value as MakePool<InstancePool>)
    : read.having<InstancePool>('add', 'remove', 'status')(value, path);

/** They are the pool's own to check, when an instance joins. */
const readBackend: read.Reader<object> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(path, 'must be an object', value);
  }
  for (const name of ['id', 'url', 'handler']) {
    if (Object.hasOwn(value, name)) {
      throw new ConfigurationError(`${path}.${name}`, 'is set by the scaler');
    }
  }
  return value;
};

const text: read.Reader<string> = (value, path) => {
  if (typeof value === 'string') return value;
  throw new ConfigurationError(path, 'must be a string', value);
};

const readOptions = read.object<ProcessScalerConfig>({
  module: readModule,
  pool: readPool,
  name: read.optional(read.nonEmptyString, 'instance'),
  readinessPath: read.optional(readPath, '/readyz'),
  probeMs: read.optional(read.positiveMs, 100),
  readyTimeoutMs: read.optional(read.positiveMs, 30_000),
  drainTimeoutMs: read.optional(read.positiveMs, 30_000),
  stopTimeoutMs: read.optional(read.positiveMs, 10_000),
  env: read.optional(read.record(text), {}),
  args: read.optional(read.array(text), []),
  execArgv: (value, path) => read.optional(read.array(text), process.execArgv)(value, path),
  output: read.optional(read.oneOf('inherit', 'ignore'), 'inherit'),
  backend: read.optional(readBackend, {}),
  clock: read.optional(read.having<Clock>('now', 'setTimer')),
  logger: read.optional(read.having<Logger>('info', 'warn', 'error')),
  registry: read.optional(read.having<FamilyRegistry>('registerMetric', 'getSingleMetric')),
});

/** Checks the options; throws a {@link ConfigurationError} for the first that is wrong. */
export function readProcessScalerOptions(options: unknown): ProcessScalerConfig {
  return readOptions(options, 'processScaler');
}
