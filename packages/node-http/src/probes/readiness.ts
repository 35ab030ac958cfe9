import { type Pool, type RoutePolicy, read } from '@spillway/core';
import {
  type CheckContext,
  type Checks,
  checksOf,
  type ProbeFailure,
  readChecks,
} from './checks.ts';
import { DEFAULT_CHECK_TIMEOUT_MS } from './liveness.ts';
import { type Probe, probeAnswer } from './probe.ts';

export interface ReadinessOptions {
  /**
   * Ready while every gate's queue ratio (`waiting / maxCount`) is at most this.
   * @defaultValue 2
   */
  readonly maxQueueRatio?: number | undefined;
  /**
   * What the service cannot work without, by name; a check fails when it throws or rejects.
   * @defaultValue none
   */
  readonly checks?: Checks | undefined;
  /**
   * The names of the gates that count.
   * @defaultValue all
   */
  readonly gates?: readonly string[] | undefined;
  /**
   * The names of the pools that count: one fails while every backend of it is tripped. One dead
   * backend must not take every instance out at once, so none counts unless it is named.
   * @defaultValue none
   */
  readonly pools?: readonly string[] | undefined;
  /**
   * How long a check may take, in milliseconds.
   * @defaultValue 5_000
   */
  readonly timeoutMs?: number | undefined;
}

/** What readiness is decided on. */
export interface ReadinessContext extends CheckContext {
  readonly shuttingDown: boolean;
  readonly routes: ReadonlyMap<string, RoutePolicy>;
  readonly pools: ReadonlyMap<string, Pool>;
}

const names = read.array(read.nonEmptyString);
const readOptions = read.object({
  maxQueueRatio: read.optional(read.nonNegativeNumber, 2),
  checks: read.optional(readChecks, {}),
  gates: read.optional(names),
  pools: read.optional(names, []),
  timeoutMs: read.optional(read.positiveMs, DEFAULT_CHECK_TIMEOUT_MS),
});

/**
 * 200 while load can be taken; 429 when a queue is too long, 503 when something is broken or the
 * service shuts down.
 */
export function createReadiness(context: ReadinessContext, options: ReadinessOptions): Probe {
  const { maxQueueRatio, checks, gates, pools, timeoutMs } = readOptions(options, 'readiness');
  const failedChecks = checksOf(checks, timeoutMs, context);

  function overloaded(name: string, { gate }: RoutePolicy): ProbeFailure[] {
    const ratio = gate?.queueRatio ?? 0;
    if (ratio <= maxQueueRatio) return [];
    return [{ kind: 'gate', name, detail: `its queue ratio ${ratio} is above ${maxQueueRatio}` }];
  }

  return async function readiness() {
    // Asked first: what follows is to be true of the same moment as the answer.
    const broken = [...(await failedChecks())];
    const busy: ProbeFailure[] = [];
    for (const name of gates ?? context.routes.keys()) {
      const route = context.routes.get(name);
      if (route?.gate !== undefined) busy.push(...overloaded(name, route));
      else if (gates !== undefined) broken.push(missing('gate', name));
    }
    for (const name of pools) {
      const pool = context.pools.get(name);
      if (pool === undefined) broken.push(missing('pool', name));
      else if (pool.isTripped)
        broken.push({ kind: 'pool', name, detail: 'no backend is available' });
    }
    if (context.shuttingDown) broken.push(shutdown);
    return probeAnswer(broken.length > 0 ? 503 : busy.length > 0 ? 429 : 200, [...broken, ...busy]);
  };
}

const shutdown: ProbeFailure = {
  kind: 'shutdown',
  name: 'shutdown',
  detail: 'the service is shutting down',
};

/** Gates may be made after the probe, so that a wrong name shows only here, and at once. */
function missing(kind: 'gate' | 'pool', name: string): ProbeFailure {
  return { kind, name, detail: `there is no ${kind} of that name` };
}
