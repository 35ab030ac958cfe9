import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { arrive, arriveInRow, scriptedRoute } from '@spillway/test/support/scripted-passage.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { expect, it } from 'vitest';
import type { Pool } from '../pool/pool.ts';
import type { RoutePolicy } from '../route/policy.ts';
import { type MetricSample, metricFamilies } from './families.ts';

/** A pool of which one backend has tripped and another serves what spills over. */
function setUp() {
  const clock = new FakeClock();
  const pool = scriptedPool(
    {
      backends: [
        { id: 'ptu', priority: 1, breaker: { failureCount: 2 } },
        { id: 'payg', priority: 2 },
      ],
    },
    clock,
  );
  for (let request = 0; request < 3; request++) {
    const submission = new ScriptedSubmission(pool);
    submission.begin();
    clock.advance(40);
    if (submission.path[0] === 'ptu') submission.reply(429);
    clock.advance(2_000);
    submission.reply(200);
  }
  return { clock, pool };
}

function read(
  pools: Iterable<Pool>,
  name: string,
  routes: Iterable<RoutePolicy> = [],
): MetricSample[] {
  const family = metricFamilies(
    () => pools,
    () => routes,
  ).find((family) => family.name === name);
  expect(family, name).toBeDefined();
  const samples = family?.collect() ?? [];
  for (const { labels } of samples) {
    const names = Object.keys(labels).filter((label) => label !== 'le');
    expect(names).toEqual(family?.labelNames);
  }
  return samples;
}

it('counts attempts by backend and outcome', () => {
  const samples = read([setUp().pool], 'spillway_attempts_total');
  expect(samples).toHaveLength(16);
  expect(samples.filter(({ value }) => value > 0)).toEqual([
    { labels: { pool: 'chat', backend: 'ptu', outcome: 'throttled' }, value: 2 },
    { labels: { pool: 'chat', backend: 'payg', outcome: 'success' }, value: 3 },
  ]);
});

it('counts spillovers by the two levels, trips and rejections', () => {
  const { pool } = setUp();
  pool.rejected('no_backend');
  pool.rejected('no_backend');
  expect(read([pool], 'spillway_spillovers_total')).toEqual([
    { labels: { pool: 'chat', from: 1, to: 2 }, value: 3 },
  ]);
  expect(read([pool], 'spillway_breaker_trips_total')).toEqual([
    { labels: { policy: 'chat', backend: 'ptu' }, value: 1 },
  ]);
  expect(read([pool], 'spillway_rejections_total')).toEqual([
    { labels: { policy: 'chat', reason: 'no_backend' }, value: 2 },
  ]);
});

it('reads availability and running attempts at the scrape', () => {
  const { clock, pool } = setUp();
  const values = (name: string) => read([pool], name).map(({ value }) => value);
  expect(values('spillway_backend_available')).toEqual([0, 1]);
  expect(values('spillway_backend_running')).toEqual([0, 0]);
  new ScriptedSubmission(pool).begin();
  expect(values('spillway_backend_running')).toEqual([0, 1]);
  clock.advance(60_000);
  expect(values('spillway_backend_available')).toEqual([1, 1]);
});

it('gives durations as cumulative buckets with their sum and count', () => {
  const samples = read([setUp().pool], 'spillway_attempt_duration_seconds');
  const ptu = samples.filter(({ labels }) => labels.backend === 'ptu');
  const buckets = ptu.filter(({ metricName }) => metricName?.endsWith('_bucket'));
  expect(buckets.map(({ labels, value }) => [labels.le, value])).toEqual([
    [0.005, 0],
    [0.01, 0],
    [0.025, 0],
    [0.05, 2],
    ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, '+Inf'].map((le) => [le, 2]),
  ]);
  const labels = { pool: 'chat', backend: 'ptu' };
  expect(ptu.slice(-2)).toEqual([
    { metricName: 'spillway_attempt_duration_seconds_sum', labels, value: 0.08 },
    { metricName: 'spillway_attempt_duration_seconds_count', labels, value: 2 },
  ]);
});

it('counts how callers fare, of pools and of routes', () => {
  const { pool } = setUp();
  const route = scriptedRoute('protect', { name: 'a', timeoutMs: 5_000, apdexMs: 100 }, pool.clock);
  const clock = pool.clock as FakeClock;
  for (const [durationMs, status] of [
    [100, 200],
    [101, 404],
    [401, 200],
    [1, 500],
    [1, 429],
  ] as const) {
    const passage = arrive(route);
    clock.advance(durationMs);
    passage.completed(status);
  }
  expect(read([pool], 'spillway_requests_total', [route])).toEqual([
    { labels: { policy: 'chat', satisfaction: 'satisfied' }, value: 0 },
    { labels: { policy: 'chat', satisfaction: 'tolerating' }, value: 0 },
    { labels: { policy: 'chat', satisfaction: 'frustrated' }, value: 0 },
    { labels: { policy: 'protect', satisfaction: 'satisfied' }, value: 1 },
    { labels: { policy: 'protect', satisfaction: 'tolerating' }, value: 1 },
    { labels: { policy: 'protect', satisfaction: 'frustrated' }, value: 3 },
  ]);
  expect(read([pool], 'spillway_request_failures_total', [route])).toEqual([
    { labels: { policy: 'chat' }, value: 0 },
    { labels: { policy: 'protect' }, value: 2 },
  ]);
  const durations = read([], 'spillway_request_duration_seconds', [route]);
  expect(durations.slice(-2)).toEqual([
    {
      metricName: 'spillway_request_duration_seconds_sum',
      labels: { policy: 'protect' },
      value: expect.closeTo(0.604, 9),
    },
    {
      metricName: 'spillway_request_duration_seconds_count',
      labels: { policy: 'protect' },
      value: 5,
    },
  ]);
});

/** A gate with keys, a breaker that has tripped, and a limit of time. */
function setUpRoutes() {
  const clock = new FakeClock();
  const key = ({ headers }: { headers: Record<string, unknown> }) => headers.key;
  const gate = scriptedRoute('limitConcurrency', { maxCount: 2, maxQueueLength: 3, key }, clock);
  for (const tenant of ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'b']) arrive(gate, { key: tenant });
  const breaker = scriptedRoute('circuitBreaker', { failureCount: 1 }, clock);
  arrive(breaker).completed(500);
  arriveInRow(breaker, 2);
  const timeLimit = scriptedRoute('protect', { timeoutMs: 100 }, clock);
  return { clock, routes: [gate, breaker, timeLimit] };
}

it('reads the gates of routes at the scrape, and no key is a label', () => {
  const { clock, routes } = setUpRoutes();
  const labels = { gate: 'limitConcurrency' };
  const values = () =>
    ['spillway_queue_ratio', 'spillway_gate_running', 'spillway_gate_waiting'].map((name) =>
      read([], name, routes),
    );
  expect(values()).toEqual([
    [{ labels, value: 1.5 }],
    [{ labels, value: 4 }],
    [{ labels, value: 4 }],
  ]);
  clock.advance(30_000);
  expect(values().map(([sample]) => sample?.value)).toEqual([0, 4, 0]);
});

it('counts the trips of routes beside those of backends, and the rejections of both', () => {
  const { pool } = setUp();
  const { routes } = setUpRoutes();
  pool.rejected('no_backend');
  expect(read([pool], 'spillway_breaker_trips_total', routes)).toEqual([
    { labels: { policy: 'chat', backend: 'ptu' }, value: 1 },
    { labels: { policy: 'circuitBreaker', backend: '' }, value: 1 },
  ]);
  expect(read([pool], 'spillway_rejections_total', routes)).toEqual([
    { labels: { policy: 'chat', reason: 'no_backend' }, value: 1 },
    { labels: { policy: 'limitConcurrency', reason: 'queue_full' }, value: 1 },
    { labels: { policy: 'circuitBreaker', reason: 'circuit_open' }, value: 2 },
  ]);
});

it('tells of no gate or breaker that a route has not', () => {
  const [, , timeLimit] = setUpRoutes().routes as [RoutePolicy, RoutePolicy, RoutePolicy];
  const families = metricFamilies(
    () => [],
    () => [timeLimit],
  );
  const told = families.filter((family) => family.collect().length > 0).map(({ name }) => name);
  expect(told).toEqual([
    'spillway_requests_total',
    'spillway_request_failures_total',
    'spillway_request_duration_seconds',
  ]);
});

it('tells of every pool, and knows the pools of the moment', () => {
  const pools: Pool[] = [];
  const families = metricFamilies(
    () => pools,
    () => [],
  );
  const count = () => families.reduce((sum, family) => sum + family.collect().length, 0);
  expect(count()).toBe(0);
  pools.push(setUp().pool);
  const one = count();
  pools.push(setUp().pool);
  expect(count()).toBe(2 * one);
});

it('has a help text and a type for each family, and counters that end in _total', () => {
  for (const { name, help, type } of metricFamilies(
    () => [],
    () => [],
  )) {
    expect(name).toMatch(/^spillway_[a-z_]+$/);
    expect(help).toMatch(/\.$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});
