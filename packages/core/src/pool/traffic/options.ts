import { ConfigurationError } from '../../errors.ts';
import { boolean, object, optional, positiveMs } from '../../options.ts';
import type { Backend } from '../backend.ts';

/** Shares of one level's traffic by backend id; they sum to 1. */
export type Shares = Readonly<Record<string, number>>;

export interface RemoveOptions {
  /**
   * Lets the backend finish what it has; without, that is cut off.
   * @defaultValue false
   */
  readonly drain?: boolean | undefined;
  /**
   * How long draining may take, in milliseconds; what is left then is cut off.
   * @defaultValue 30_000
   */
  readonly timeoutMs?: number | undefined;
}

export interface ReconfigureOptions {
  /**
   * How long backends that are to go may take to finish what they have, in milliseconds.
   * @defaultValue 30_000
   */
  readonly drainTimeoutMs?: number | undefined;
}

export const readReconfigureOptions = object({ drainTimeoutMs: optional(positiveMs, 30_000) });

export const readRemoveOptions = object({
  drain: optional(boolean, false),
  timeoutMs: optional(positiveMs, 30_000),
});

/** How far the shares may be from 1, and their sum is rounded: thirds of five digits are to do. */
const TOLERANCE = 1e-5 + 1e-12;

/**
 * Checks the shares against the backends; gives those of their level, each with its share.
 * @throws ConfigurationError for the first thing that is wrong
 */
export function readShares<B extends Backend>(
  shares: unknown,
  path: string,
  backends: readonly B[],
): ReadonlyMap<B, number> {
  if (typeof shares !== 'object' || shares === null || Array.isArray(shares)) {
    throw new ConfigurationError(path, 'must be an object of shares by backend id', shares);
  }
  const entries = Object.entries(shares);
  if (entries.length === 0) {
    throw new ConfigurationError(path, 'must name at least one backend', shares);
  }
  const named = new Map<B, number>();
  let sum = 0;
  for (const [id, share] of entries) {
    const at = `${path}[${JSON.stringify(id)}]`;
    const backend = backends.find((candidate) => candidate.id === id);
    if (backend === undefined) throw new ConfigurationError(at, 'is not a backend of this pool');
    if (backend.draining) throw new ConfigurationError(at, 'is being removed');
    if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
      throw new ConfigurationError(at, 'must be a number from 0 to 1', share);
    }
    named.set(backend, share);
    sum += share;
  }
  const [first] = named.keys();
  for (const { id, priority } of named.keys()) {
    if (priority === first?.priority) continue;
    const rule = `must be of the same priority as ${JSON.stringify(first?.id)}: ${first?.priority}`;
    throw new ConfigurationError(`${path}[${JSON.stringify(id)}]`, rule, priority);
  }
  if (Math.abs(sum - 1) > TOLERANCE) {
    throw new ConfigurationError(path, 'must sum to 1', sum);
  }
  const peers = backends.filter(({ priority }) => priority === first?.priority);
  return new Map(peers.map((backend) => [backend, named.get(backend) ?? 0]));
}
