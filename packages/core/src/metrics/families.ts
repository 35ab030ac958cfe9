import type { Pool } from '../pool/pool.ts';
import type { RoutePolicy } from '../route/policy.ts';
import { DURATION_BUCKETS_SECONDS, type DurationHistogram } from './histogram.ts';
import type { ServiceLevel } from './service-level.ts';

/** A family of the Prometheus data model, read at the scrape. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labelNames: readonly string[];
  collect(): MetricSample[];
}

export interface MetricSample {
  /** Where it differs from the family's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

type Pools = () => Iterable<Pool>;
type Routes = () => Iterable<RoutePolicy>;

/** Everything that policies count. Nothing is stored twice: each scrape reads the counters themselves. */
export function metricFamilies(pools: Pools, routes: Routes): readonly MetricFamily[] {
  return [
    {
      name: 'spillway_queue_ratio',
      help: 'Requests that wait, over those that may run at once; of the keys of a gate the highest.',
      type: 'gauge',
      labelNames: ['gate'],
      collect: () => eachGate(routes, ({ queueRatio }) => queueRatio),
    },
    {
      name: 'spillway_gate_running',
      help: 'Requests that hold a slot of a gate.',
      type: 'gauge',
      labelNames: ['gate'],
      collect: () => eachGate(routes, ({ running }) => running),
    },
    {
      name: 'spillway_gate_waiting',
      help: 'Requests in the queue of a gate.',
      type: 'gauge',
      labelNames: ['gate'],
      collect: () => eachGate(routes, ({ waiting }) => waiting),
    },
    {
      name: 'spillway_attempts_total',
      help: 'Ended attempts at a backend, by outcome.',
      type: 'counter',
      labelNames: ['pool', 'backend', 'outcome'],
      collect: () =>
        eachBackend(pools, (pool, backend) =>
          Array.from(backend.outcomes(), ([outcome, value]) => ({
            labels: { pool, backend: backend.id, outcome },
            value,
          })),
        ),
    },
    {
      name: 'spillway_attempt_duration_seconds',
      help: 'From the choice of a backend to the end of its answer.',
      type: 'histogram',
      labelNames: ['pool', 'backend'],
      collect: () =>
        eachBackend(pools, (pool, { id, durations }) => {
          const labels = { pool, backend: id };
          return histogramSamples('spillway_attempt_duration_seconds', labels, durations);
        }),
    },
    {
      name: 'spillway_spillovers_total',
      help: 'Requests that a lower level served, by the priorities of the levels.',
      type: 'counter',
      labelNames: ['pool', 'from', 'to'],
      collect: () =>
        Array.from(pools()).flatMap(({ name, spillovers }) =>
          Array.from(spillovers, ({ from, to, count }) => ({
            labels: { pool: name, from, to },
            value: count,
          })),
        ),
    },
    {
      name: 'spillway_rejections_total',
      help: 'Requests that a policy answered itself, by reason.',
      type: 'counter',
      labelNames: ['policy', 'reason'],
      collect: () =>
        [...pools(), ...routes()].flatMap(({ name, rejections }) =>
          Array.from(rejections, ([reason, value]) => ({
            labels: { policy: name, reason },
            value,
          })),
        ),
    },
    {
      name: 'spillway_requests_total',
      help: 'Answered requests of a policy, by how satisfied their callers are: Apdex.',
      type: 'counter',
      labelNames: ['policy', 'satisfaction'],
      collect: () =>
        eachPolicy(pools, routes, (policy, { counts }) =>
          Object.entries(counts).map(([satisfaction, value]) => ({
            labels: { policy, satisfaction },
            value,
          })),
        ),
    },
    {
      name: 'spillway_request_failures_total',
      help: 'Answered requests of a policy whose callers got 429, 5xx, or a broken answer.',
      type: 'counter',
      labelNames: ['policy'],
      collect: () =>
        eachPolicy(pools, routes, (policy, { failed }) => [{ labels: { policy }, value: failed }]),
    },
    {
      name: 'spillway_request_duration_seconds',
      help: 'From the arrival of a request at a policy to the end of its answer.',
      type: 'histogram',
      labelNames: ['policy'],
      collect: () =>
        eachPolicy(pools, routes, (policy, { durations }) =>
          histogramSamples('spillway_request_duration_seconds', { policy }, durations),
        ),
    },
    {
      name: 'spillway_backend_available',
      help: '1 while the backend may be given requests: not tripped, below its maxCount.',
      type: 'gauge',
      labelNames: ['pool', 'backend'],
      collect: () =>
        eachBackend(pools, (pool, { id, available }) => [
          { labels: { pool, backend: id }, value: available ? 1 : 0 },
        ]),
    },
    {
      name: 'spillway_backend_running',
      help: 'Attempts under way at the backend.',
      type: 'gauge',
      labelNames: ['pool', 'backend'],
      collect: () =>
        eachBackend(pools, (pool, { id, running }) => [
          { labels: { pool, backend: id }, value: running },
        ]),
    },
    {
      name: 'spillway_shadow_requests_total',
      help: 'Copies of requests that were sent to a shadow, by outcome, and those that were dropped.',
      type: 'counter',
      labelNames: ['pool', 'backend', 'outcome'],
      collect: () =>
        eachShadow(pools, (pool, shadow) =>
          Array.from(shadow.counts(), ([outcome, value]) => ({
            labels: { pool, backend: shadow.backend.id, outcome },
            value,
          })),
        ),
    },
    {
      name: 'spillway_shadow_mismatches_total',
      help: 'Answers of a shadow that were not alike those that callers got.',
      type: 'counter',
      labelNames: ['pool', 'backend'],
      collect: () =>
        eachShadow(pools, (pool, { backend, compare, mismatches }) =>
          compare === undefined
            ? []
            : [{ labels: { pool, backend: backend.id }, value: mismatches }],
        ),
    },
    {
      name: 'spillway_breaker_trips_total',
      help: 'Trips of a circuit breaker.',
      type: 'counter',
      labelNames: ['policy', 'backend'],
      collect: () => [
        ...eachBackend(pools, (policy, { id, breaker }) =>
          breaker === undefined ? [] : [{ labels: { policy, backend: id }, value: breaker.trips }],
        ),
        // To Prometheus an empty label is none.
        ...Array.from(routes()).flatMap(({ name, breaker }) =>
          breaker === undefined
            ? []
            : [{ labels: { policy: name, backend: '' }, value: breaker.trips }],
        ),
      ],
    },
  ];
}

type GateState = Pick<NonNullable<RoutePolicy['gate']>, 'queueRatio' | 'running' | 'waiting'>;

function eachGate(routes: Routes, value: (gate: GateState) => number): MetricSample[] {
  return Array.from(routes()).flatMap(({ name, gate }) =>
    gate === undefined ? [] : [{ labels: { gate: name }, value: value(gate) }],
  );
}

function eachShadow(
  pools: Pools,
  samples: (pool: string, shadow: Pool['shadows'][number]) => MetricSample[],
): MetricSample[] {
  return Array.from(pools()).flatMap(({ name, shadows }) =>
    shadows.flatMap((shadow) => samples(name, shadow)),
  );
}

type Backends = Pool['backends'][number];

function eachBackend(
  pools: Pools,
  samples: (pool: string, backend: Backends) => MetricSample[],
): MetricSample[] {
  return Array.from(pools()).flatMap(({ name, backends }) =>
    backends.flatMap((backend) => samples(name, backend)),
  );
}

function eachPolicy(
  pools: Pools,
  routes: Routes,
  samples: (policy: string, level: ServiceLevel) => MetricSample[],
): MetricSample[] {
  return [...pools(), ...routes()].flatMap(({ name, level }) => samples(name, level));
}

function histogramSamples(
  metric: string,
  labels: MetricSample['labels'],
  durations: DurationHistogram,
): MetricSample[] {
  let count = 0;
  const buckets = Array.from(durations.counts, (observations, index) => {
    count += observations;
    const le = DURATION_BUCKETS_SECONDS[index] ?? '+Inf';
    return { metricName: `${metric}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${metric}_sum`, labels, value: durations.sumSeconds },
    { metricName: `${metric}_count`, labels, value: count },
  ];
}
