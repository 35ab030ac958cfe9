import type { AddressInfo } from 'node:net';
import { type MetricFamily, RejectedError, readRouteOptions, UpstreamError } from '@spillway/core';
import {
  createSpillway,
  type Logger,
  type PoolEvents,
  type PoolOptions,
  type ProblemCode,
  type Spillway,
} from '@spillway/express';
import { Engine, type GuardedRoute } from '@spillway/node-http';
import { answers, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import express from 'express';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeOf, read, rowsOf, sectionOf } from './markdown.ts';
import { optionsOf } from './options.ts';

const page = read('packages/express/README.md');
const url = 'http://127.0.0.1:9';

function spillwayOf(): Spillway {
  const spillway = createSpillway();
  onTestFinished(() => spillway.shutdown());
  return spillway;
}

function onePool() {
  return spillwayOf().pool('any', { backends: [{ id: 'a', url }] });
}

function poolWith(options: object): unknown {
  return spillwayOf().pool('any', { backends: [{ id: 'a', url }], ...options } as PoolOptions);
}

const protectWith = (options: object) => spillwayOf().protect(options);

describe('the tables of options', () => {
  const calls: [heading: string, names: () => string[]][] = [
    ['### `createSpillway(options?)`', () => optionsOf((wrong) => createSpillway(wrong))],
    [
      '### `spillway.limitConcurrency(options)`',
      () => optionsOf((wrong) => spillwayOf().limitConcurrency(wrong as never)),
    ],
    [
      '### `spillway.circuitBreaker(options)`',
      () => optionsOf((wrong) => spillwayOf().circuitBreaker(wrong)),
    ],
    ['### `spillway.protect(options)`', () => optionsOf(protectWith)],
    ['#### Concurrency', () => optionsOf((concurrency) => protectWith({ concurrency }))],
    ['#### Breaker of a route', () => optionsOf((breaker) => protectWith({ breaker }))],
    [
      '### `spillway.readiness(options?)`',
      () => optionsOf((wrong) => spillwayOf().readiness(wrong)),
    ],
    ['### `spillway.liveness(options?)`', () => optionsOf((wrong) => spillwayOf().liveness(wrong))],
    ['### `spillway.pool(name, options)`', () => optionsOf(poolWith)],
    ['#### A backend', () => optionsOf((wrong) => poolWith({ backends: [wrong] }))],
    ['#### Affinity', () => optionsOf((affinity) => poolWith({ affinity }))],
    ['#### Cookie', () => optionsOf((cookie) => poolWith({ affinity: { cookie } }))],
    ['#### Breaker', () => optionsOf((breaker) => poolWith({ breaker }))],
    ['#### Retry', () => optionsOf((retry) => poolWith({ retry }))],
    ['#### Timeouts', () => optionsOf((timeouts) => poolWith({ timeouts }))],
    ['#### Queue', () => optionsOf((queue) => poolWith({ queue }))],
    [
      '### `pool.setShadow(id, proportion, options?)`',
      () => optionsOf((wrong) => onePool().setShadow('a', 1, wrong)),
    ],
    [
      '### `spillway.breaker(name)`, `pool.breaker(id)`',
      () =>
        optionsOf((wrong) => {
          const spillway = spillwayOf();
          spillway.circuitBreaker({ name: 'any', failureCount: 1 });
          spillway.breaker('any').trip(wrong as never);
        }),
    ],
    [
      '### `pool.reconfigure(options, removal?)`, `spillway.reconfigure(name, options)`',
      () => optionsOf((wrong) => onePool().reconfigure({ backends: [{ id: 'a', url }] }, wrong)),
    ],
    ['### `pool.rollout(options)`', () => optionsOf((wrong) => onePool().rollout(wrong as never))],
    [
      '#### Limits of a rollout',
      () =>
        optionsOf((abort) =>
          onePool().rollout({ to: 'a', steps: [1], intervalMs: 1, abort } as never),
        ),
    ],
    [
      '### `spillway.proxy(pool, options?)`',
      () => {
        const spillway = spillwayOf();
        const pool = spillway.pool('any', { backends: [{ id: 'a', url }] });
        return optionsOf((wrong) => spillway.proxy(pool, wrong));
      },
    ],
    [
      '### `spillway.shutdown(options?)`',
      () => optionsOf((wrong) => createSpillway().shutdown(wrong)),
    ],
  ];

  it.each(calls)('%s', (heading, names) => {
    const documented = optionRowsOf(heading).map(([name]) => codeOf(name));
    expect(documented.sort()).toEqual(names().sort());
  });

  it('have the defaults that the code has', () => {
    const { config } = spillwayOf().pool('any', {
      backends: [{ id: 'a', url }],
      breaker: { failurePercentage: 50 },
      queue: { maxQueueLength: 1 },
    });
    const [backend] = config.backends;
    const concurrency = { maxCount: 1 };
    const breaker = { failurePercentage: 50 };
    const limited = readRouteOptions.limitConcurrency(concurrency, '');
    const guarded = readRouteOptions.circuitBreaker(breaker, '');
    const protection = readRouteOptions.protect({ concurrency, breaker }, '');
    const actual: [heading: string, values: object | undefined][] = [
      ['### `spillway.limitConcurrency(options)`', { ...limited, ...limited.gate }],
      ['### `spillway.circuitBreaker(options)`', { ...guarded, ...guarded.breaker }],
      ['### `spillway.protect(options)`', protection],
      ['#### Concurrency', protection.gate],
      ['#### Breaker of a route', protection.breaker],
      ['### `spillway.pool(name, options)`', config],
      ['#### A backend', backend],
      ['#### Breaker', backend?.breaker],
      ['#### Retry', config.retry],
      ['#### Timeouts', config.timeouts],
      ['#### Queue', config.queue],
    ];
    const checked = actual.flatMap(([heading, values]) =>
      optionRowsOf(heading).flatMap(([name, , cell = '']) => {
        const text = /^`(.+)`$/.exec(cell)?.[1];
        if (text === undefined) return [];
        const value = (values as Record<string, unknown>)[codeOf(name)];
        expect(literalOf(text), `${heading}: ${name}`).toEqual(value);
        return [codeOf(name)];
      }),
    );
    expect(checked).toHaveLength(43);
  });

  it('have the limits of gates and breakers in both places', () => {
    const typesOf = (heading: string, without: readonly string[]) =>
      optionRowsOf(heading)
        .filter(([name]) => !without.includes(codeOf(name)))
        .map(([name, type, value]) => [name, type, value]);
    expect(typesOf('#### Concurrency', [])).toEqual(
      typesOf('### `spillway.limitConcurrency(options)`', ['name', 'abandonMs', 'apdexMs']),
    );
    expect(typesOf('#### Breaker of a route', [])).toEqual(
      typesOf('### `spillway.circuitBreaker(options)`', ['name', 'timeoutMs', 'apdexMs']),
    );
  });
});

function optionRowsOf(heading: string): string[][] {
  return rowsOf(sectionOf(page, heading), 'option');
}

describe('probes', () => {
  const probes = ['readiness', 'liveness'] as const;
  const defaultOf = (probe: (typeof probes)[number], option: string) => {
    const rows = optionRowsOf(`### \`spillway.${probe}(options?)\``);
    return literalOf(codeOf(rows.find(([name]) => codeOf(name) === option)?.[2]));
  };

  it.each(probes)('have the time for the checks of %s that the page says', async (probe) => {
    const clock = new FakeClock();
    const hangs = () => new Promise(() => {});
    const asked = new Engine({ clock })[probe]({ checks: { hangs } })();
    const timeoutMs = Number(defaultOf(probe, 'timeoutMs'));
    clock.advance(timeoutMs - 1);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    const detail = `did not settle in ${timeoutMs} ms`;
    expect((await asked).body.failed).toMatchObject([{ detail }]);
  });

  it('answer as the page says', async () => {
    const section = sectionOf(page, '### `spillway.readiness(options?)`');
    const engine = new Engine();
    const gateWith = (queueRatio: number) =>
      engine.routes.set('reports', { gate: { queueRatio } } as GuardedRoute);
    const ready = engine.readiness();
    const maxQueueRatio = Number(defaultOf('readiness', 'maxQueueRatio'));
    gateWith(maxQueueRatio);
    const { status, body } = await ready();
    expect(status).toBe(200);
    expect(section).toContain(`\`${JSON.stringify(body)}\``);
    gateWith(maxQueueRatio + 1);
    expect((await ready()).status).toBe(429);
    const checks = { database: () => Promise.reject(new Error()) };
    const failed = await engine.readiness({ checks })();
    expect(failed.status).toBe(503);
    expect(failed.body).toEqual(JSON.parse(jsonIn(section)));
    expect(rowsOf(section).map(([each]) => each)).toEqual(['200', '429', '503']);
  });
});

/** A default as the tables write it: a number, a string, a boolean, or statuses and ranges. */
function literalOf(text: string): unknown {
  if (!text.startsWith('[')) return JSON.parse(text.replaceAll('_', '').replaceAll("'", '"'));
  const items = JSON.parse(text.replaceAll("'", '"')) as (number | string)[];
  const statuses = items.flatMap((item) => {
    const [first = 0, last = first] = String(item).split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return new Set(statuses);
}

it('tables the metrics that there are', () => {
  const registry = new Registry();
  createSpillway({ registry });
  const families = registry.getMetricsAsArray() as unknown as MetricFamily[];
  const rows = rowsOf(sectionOf(read('README.md'), '## Metrics'), 'metric');
  expect(rows.map(([name, type, labels]) => [name, type, labels])).toEqual(
    families.map(({ name, type, labelNames }) => [
      `\`${name}\``,
      type,
      labelNames.map((label) => `\`${label}\``).join(', '),
    ]),
  );
});

it('tables the codes with their statuses and classes', () => {
  const rows = rowsOf(sectionOf(page, "## Answers of Spillway's own"));
  for (const [name, statuses, className] of rows) {
    const make = className === '`RejectedError`' ? RejectedError : UpstreamError;
    const error = new make(codeOf(name) as ProblemCode, { policy: 'any', detail: '' });
    expect(statuses?.split(', ')).toContain(String(error.status));
    expect(codeOf(className)).toBe(error.name);
  }
  const all: Record<ProblemCode, true> = {
    queue_full: true,
    queue_timeout: true,
    coordinator_unavailable: true,
    circuit_open: true,
    shutting_down: true,
    no_backend: true,
    bad_gateway: true,
    gateway_timeout: true,
    request_timeout: true,
    caller_timeout: true,
    body_consumed: true,
    bad_request: true,
  };
  const codes = new Set(rows.map(([name]) => codeOf(name)));
  expect([...codes].sort()).toEqual(Object.keys(all).sort());
  const overview = rowsOf(sectionOf(read('docs/how-it-works.md'), '## What the caller gets'));
  for (const [, status, code = ''] of overview) {
    if (!code.startsWith('`')) continue;
    const row = rows.find(([name]) => name === code);
    for (const each of status?.split(', ') ?? []) {
      expect(row?.[1]?.split(', '), code).toContain(each);
    }
    codes.delete(codeOf(code));
  }
  expect([...codes]).toEqual([]);
});

const silent: Logger = { info() {}, warn() {}, error() {} };

/** A pool that has spilled over, tripped and recovered, with the events that it told. */
async function usedPool(logger = silent) {
  const ptu = await startBackend((_request, response) => void response.destroy());
  const payg = await startBackend();
  const spillway = createSpillway({ logger });
  onTestFinished(() => spillway.shutdown());
  const breaker = { failureCount: 1, tripDurationMs: 1 };
  const pool = spillway.pool('chat', {
    backends: [
      { id: 'ptu1', url: ptu.url, maxCount: 50, breaker },
      { id: 'payg1', url: payg.url, priority: 2 },
    ],
  });
  const events: { [E in keyof PoolEvents]?: PoolEvents[E][0] } = {};
  pool.on('trip', (event) => Object.assign(events, { trip: event }));
  pool.on('recover', (event) => Object.assign(events, { recover: event }));
  pool.on('spillover', (event) => Object.assign(events, { spillover: event }));
  pool.on('traffic', (event) => Object.assign(events, { traffic: event }));
  pool.on('rollout', (event) => Object.assign(events, { rollout: event }));
  pool.on('shadow', (event) => Object.assign(events, { shadow: event }));
  await (await pool.fetch('/')).text();
  ptu.answer = answers(200);
  await until(async () => {
    await (await pool.fetch('/')).text();
    expect(events.recover).toBeDefined();
  });
  pool.add({ id: 'payg2', url: payg.url, priority: 2, weight: 0 });
  pool.rollout({ to: 'payg2', steps: [1], intervalMs: 1_000 }).abort();
  await pool.remove('payg2');
  pool.setTraffic({ payg1: 1 });
  pool.setShadow('ptu1', 1);
  pool.setShadow('ptu1', 0);
  return { spillway, pool, events };
}

it('tables the events with what they tell', async () => {
  const { events } = await usedPool();
  const rows = rowsOf(sectionOf(page, '## Events'));
  const documented = rows.map(([name, fields = '']) => [codeOf(name), codesIn(fields)]);
  const told = Object.entries(events).map(([name, event]) => [name, Object.keys(event)]);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(told));
  const all: Record<keyof PoolEvents, true> = {
    trip: true,
    recover: true,
    spillover: true,
    traffic: true,
    rollout: true,
    shadow: true,
  };
  expect(documented.map(([name]) => name)).toEqual(Object.keys(all));
});

it('tables what the logger is told', async () => {
  const told = new Map<string, [level: string, details: string[]]>();
  const note = (level: string) => (message: string, details?: object) =>
    void told.set(message, [level, Object.keys(details ?? {})]);
  const logger = { info: note('info'), warn: note('warn'), error: note('error') };
  const { spillway } = await usedPool(logger);
  const app = express();
  let isBroken = true;
  const checks = { broken: () => Promise.reject(new Error()) };
  app.get('/readyz', spillway.readiness({ checks }));
  app.use(spillway.circuitBreaker({ failureCount: 1, tripDurationMs: 1 }));
  app.use((_req, res) => void (isBroken ? res.destroy() : res.sendStatus(200)));
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => spillway.shutdown({ server }));
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  await ask('/readyz');
  await ask('/').catch(() => {});
  isBroken = false;
  await until(async () => {
    await ask('/');
    expect([...told.keys()]).toContain('route recovered');
  });
  const rows = rowsOf(sectionOf(page, '## What the logger is told'));
  expect(
    rows
      .map(([message, level, details = '']) => [codeOf(message), [codeOf(level), codesIn(details)]])
      .sort(),
  ).toEqual([...told].sort());
});

it('shows the status as it is', async () => {
  const { spillway, pool } = await usedPool();
  const breaker = { failureCount: 1 };
  const concurrency = { maxCount: 20, maxQueueLength: 100, key: () => 'a' };
  spillway.protect({ name: 'reports', concurrency, breaker });
  const shown = JSON.parse(jsonIn(sectionOf(page, '### `spillway.status()`')));
  const { gates, breakers, requests, processor } = spillway.status();
  const { chat } = shown.pools;
  const status = pool.status();
  const [shownBackend] = chat.backends;
  const [backend] = status.backends;
  const pairs: [shown: object, actual: object | undefined][] = [
    [shown, spillway.status()],
    [shown.gates.reports, gates.reports],
    [shown.breakers.reports, breakers.reports],
    [chat, status],
    [shown.requests.chat, requests.chat],
    [shown.processor, processor],
    [chat.spillovers[0], status.spillovers[0]],
    [shownBackend, backend],
    [shownBackend.breaker, backend?.breaker],
    [shownBackend.attempts, backend?.attempts],
  ];
  for (const [expected, actual] of pairs) {
    expect(Object.keys(actual ?? {})).toEqual(Object.keys(expected));
  }

  const outcomes = /^`outcome` is one of [^.]*\./m.exec(read('README.md'))?.[0] ?? '';
  expect(codesIn(outcomes).slice(1)).toEqual(Object.keys(backend?.attempts ?? {}));
});

function codesIn(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, code = '']) => code);
}

function jsonIn(section: string): string {
  return /```json\n(.*?)```/s.exec(section)?.[1] ?? '';
}

it('shows the problem that a caller gets', async () => {
  const ptu = await startBackend(refuses());
  const pool = spillwayOf().pool('chat', {
    backends: [{ id: 'ptu1', url: ptu.url, breaker: { failureCount: 1 } }],
  });
  await (await pool.fetch('/')).text();
  const answer = await pool.fetch('/');
  expect(await answer.json()).toEqual(
    JSON.parse(jsonIn(sectionOf(page, "## Answers of Spillway's own"))),
  );
});

it.each([
  'express',
  'koa',
  'http-proxy-middleware',
  'redis',
  'config',
  'dashboard',
  'node-http',
  'core',
])('names every value that @spillway/%s exports', async (name) => {
  const exported = await import(`@spillway/${name}`);
  const markdown = read(`packages/${name}/README.md`);
  for (const each of Object.keys(exported)) expect(markdown).toMatch(new RegExp(`\`${each}\\b`));
});
