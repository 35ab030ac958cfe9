import type { Clock, ServiceLevel, Timer } from '@spillway/core';
import { DURATION_BUCKETS_SECONDS } from '@spillway/core';
import type { Engine, HttpBackend, HttpPool } from '@spillway/node-http';
import type {
  ByBackend,
  GatePoint,
  Percentiles,
  Point,
  PolicyPoint,
  PoolPoint,
} from '../contract.ts';
import { type BackendInterval, BackendSeries } from './backend-series.ts';
import { Growth } from './counter.ts';
import { quantileMs } from './quantile.ts';

export const INTERVAL_MS = 5_000;
const MINUTE_MS = 60_000;

/** What the sampler reads. */
export type Sampled = Pick<Engine, 'pools' | 'routes'>;

/**
 * Reads the counters that the engine keeps anyway, every five seconds, and tells what they have grown
 * by: requests cost nothing more for it.
 */
export class Sampler {
  readonly #sampled: Sampled;
  readonly #clock: Clock;
  readonly #epochAt: (now: number) => number;
  readonly #onPoint: (point: Point) => void;
  readonly #backends = new Map<HttpBackend, BackendSeries>();
  readonly #levels = new Map<ServiceLevel, Growth>();
  readonly #startedAt: number;
  #sampledAt: number;
  #timer: Timer | undefined;

  /** @param epochAt milliseconds since the epoch, of a time of the clock */
  constructor(
    sampled: Sampled,
    clock: Clock,
    epochAt: (now: number) => number,
    onPoint: (point: Point) => void,
  ) {
    this.#sampled = sampled;
    this.#clock = clock;
    this.#epochAt = epochAt;
    this.#onPoint = onPoint;
    this.#startedAt = this.#sampledAt = clock.now();
    this.#follow(false);
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Attempts per second at a backend in the last minute. */
  rateOf(backend: HttpBackend): number {
    const elapsedMs = Math.max(1_000, Math.min(MINUTE_MS, this.#clock.now() - this.#startedAt));
    return ((this.#backends.get(backend)?.lastMinute ?? 0) * 1_000) / elapsedMs;
  }

  /** The share of its level's attempts that each backend had in the last minute. */
  received(): ByBackend {
    return mapOf(this.#sampled.pools, ({ backends }) => {
      const totals = new Map<number, number>();
      const counts = backends.map((backend) => {
        const count = this.#backends.get(backend)?.lastMinute ?? backend.totals.requests;
        totals.set(backend.priority, (totals.get(backend.priority) ?? 0) + count);
        return [backend, count] as const;
      });
      return Object.fromEntries(
        counts.map(([{ id, priority }, count]) => {
          return [id, count === 0 ? 0 : count / (totals.get(priority) ?? 1)];
        }),
      );
    });
  }

  #wait(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#sample();
      this.#wait();
    }, INTERVAL_MS);
    this.#timer.unref?.();
  }

  #sample(): void {
    this.#follow(true);
    const now = this.#clock.now();
    // A busy process may be late; rates are of the time that has passed.
    const seconds = Math.max(1, now - this.#sampledAt) / 1_000;
    this.#sampledAt = now;
    const { pools, routes } = this.#sampled;
    this.#onPoint({
      at: this.#epochAt(now),
      pools: mapOf(pools, (pool) => this.#poolPoint(pool, seconds)),
      gates: gatesOf(routes),
      policies: mapOf(
        new Map<string, { readonly level: ServiceLevel }>([...pools, ...routes]),
        (policy) => this.#policyPoint(policy.level, seconds),
      ),
    });
  }

  #poolPoint({ backends }: HttpPool, seconds: number): PoolPoint {
    const intervals = backends.flatMap((backend) => {
      const interval = this.#backends.get(backend)?.next();
      return interval === undefined ? [] : [[backend.id, interval] as const];
    });
    const perSecond = (count: (interval: BackendInterval) => number) =>
      Object.fromEntries(
        intervals.map(([id, interval]) => [id, rounded(count(interval) / seconds)]),
      );
    const durations = new Float64Array(DURATION_BUCKETS_SECONDS.length + 1);
    for (const [, interval] of intervals) {
      for (const [bucket, count] of interval.durations.entries()) {
        durations[bucket] = (durations[bucket] as number) + count;
      }
    }
    return {
      requests: perSecond(({ requests }) => requests),
      refused: perSecond(({ refused }) => refused),
      ...percentilesOf(durations),
    };
  }

  #policyPoint(level: ServiceLevel, seconds: number): PolicyPoint {
    const durations = this.#levels.get(level)?.since(level.durations.counts);
    if (durations === undefined) return { requests: 0, p50Ms: null, p99Ms: null };
    const requests = durations.reduce((sum, count) => sum + count, 0);
    return { requests: rounded(requests / seconds), ...percentilesOf(durations) };
  }

  /** Begins with those that are new, and forgets those that are gone. */
  #follow(isNew: boolean): void {
    const { pools, routes } = this.#sampled;
    const present = new Set<HttpBackend>();
    for (const { backends, level } of pools.values()) {
      this.#followLevel(level, isNew);
      for (const backend of backends) {
        present.add(backend);
        if (this.#backends.has(backend)) continue;
        this.#backends.set(backend, new BackendSeries(backend, isNew));
      }
    }
    for (const { level } of routes.values()) this.#followLevel(level, isNew);
    for (const backend of this.#backends.keys()) {
      if (!present.has(backend)) this.#backends.delete(backend);
    }
  }

  #followLevel(level: ServiceLevel, isNew: boolean): void {
    if (this.#levels.has(level)) return;
    const { counts } = level.durations;
    this.#levels.set(level, new Growth(isNew ? new Float64Array(counts.length) : counts));
  }
}

function mapOf<T, U>(all: ReadonlyMap<string, T>, make: (each: T) => U): Record<string, U> {
  return Object.fromEntries(Array.from(all, ([name, each]) => [name, make(each)]));
}

function gatesOf(routes: Sampled['routes']): Record<string, GatePoint> {
  const gates: [string, GatePoint][] = [];
  for (const [name, { gate }] of routes) {
    if (gate === undefined) continue;
    const { queueRatio, running, waiting } = gate;
    gates.push([name, { queueRatio: rounded(queueRatio), running, waiting }]);
  }
  return Object.fromEntries(gates);
}

function percentilesOf(counts: Float64Array): Percentiles {
  const buckets = { boundsSeconds: DURATION_BUCKETS_SECONDS, counts };
  const msAt = (quantile: number) => {
    const ms = quantileMs(buckets, quantile);
    return ms === null ? null : rounded(ms);
  };
  return { p50Ms: msAt(0.5), p99Ms: msAt(0.99) };
}

/** What a chart can show; it keeps a history of many backends small. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
