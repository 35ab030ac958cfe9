import { metricFamilies, RejectedError, UpstreamError } from '@spillway/core';
import {
  createSpillway,
  type PoolEvents,
  type PoolOptions,
  type ProblemCode,
  type Spillway,
} from '@spillway/express';
import { answers, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { until } from '@spillway/test/support/until.ts';
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

function poolWith(options: object): unknown {
  return spillwayOf().pool('any', { backends: [{ id: 'a', url }], ...options } as PoolOptions);
}

describe('the tables of options', () => {
  const calls: [heading: string, names: () => string[]][] = [
    ['### `createSpillway(options?)`', () => optionsOf((wrong) => createSpillway(wrong))],
    ['### `spillway.pool(name, options)`', () => optionsOf(poolWith)],
    ['#### A backend', () => optionsOf((wrong) => poolWith({ backends: [wrong] }))],
    ['#### Affinity', () => optionsOf((affinity) => poolWith({ affinity }))],
    ['#### Breaker', () => optionsOf((breaker) => poolWith({ breaker }))],
    ['#### Retry', () => optionsOf((retry) => poolWith({ retry }))],
    ['#### Timeouts', () => optionsOf((timeouts) => poolWith({ timeouts }))],
    ['#### Queue', () => optionsOf((queue) => poolWith({ queue }))],
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
    const documented = rowsOf(sectionOf(page, heading)).map(([name]) => codeOf(name));
    expect(documented.sort()).toEqual(names().sort());
  });

  it('have the defaults that the code has', () => {
    const { config } = spillwayOf().pool('any', {
      backends: [{ id: 'a', url }],
      breaker: { failurePercentage: 50 },
      queue: { maxQueueLength: 1 },
    });
    const [backend] = config.backends;
    const actual: [heading: string, values: object | undefined][] = [
      ['### `spillway.pool(name, options)`', config],
      ['#### A backend', backend],
      ['#### Breaker', backend?.breaker],
      ['#### Retry', config.retry],
      ['#### Timeouts', config.timeouts],
      ['#### Queue', config.queue],
    ];
    const checked = actual.flatMap(([heading, values]) =>
      rowsOf(sectionOf(page, heading)).flatMap(([name, , cell = '']) => {
        const text = /^`(.+)`$/.exec(cell)?.[1];
        if (text === undefined) return [];
        const value = (values as Record<string, unknown>)[codeOf(name)];
        expect(literalOf(text), `${heading}: ${name}`).toEqual(value);
        return [codeOf(name)];
      }),
    );
    expect(checked).toHaveLength(16);
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
  const families = metricFamilies(
    () => [],
    () => [],
  );
  const rows = rowsOf(sectionOf(read('README.md'), '## Metrics'));
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
  const codes = new Set(rows.map(([name]) => codeOf(name)));
  const overview = rowsOf(sectionOf(read('README.md'), '### Nothing left to try'));
  for (const [, status, code = ''] of overview) {
    if (!code.startsWith('`')) continue;
    const row = rows.find(([name]) => name === code);
    expect(row?.[1]?.split(', '), code).toContain(status);
    codes.delete(codeOf(code));
  }
  expect([...codes]).toEqual([]);
});

/** A pool that has spilled over, tripped and recovered, with the events that it told. */
async function usedPool() {
  const ptu = await startBackend(refuses());
  const payg = await startBackend();
  const spillway = spillwayOf();
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
  await (await pool.fetch('/')).text();
  ptu.answer = answers(200);
  await until(async () => {
    await (await pool.fetch('/')).text();
    expect(events.recover).toBeDefined();
  });
  return { spillway, pool, events };
}

it('tables the events with what they tell', async () => {
  const { events } = await usedPool();
  const rows = rowsOf(sectionOf(page, '## Events'));
  const documented = rows.map(([name, fields = '']) => [codeOf(name), codesIn(fields)]);
  const told = Object.entries(events).map(([name, event]) => [name, Object.keys(event)]);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(told));
  const all: Record<keyof PoolEvents, true> = { trip: true, recover: true, spillover: true };
  expect(documented.map(([name]) => name)).toEqual(Object.keys(all));
});

it('shows the status as it is', async () => {
  const { spillway, pool } = await usedPool();
  const shown = JSON.parse(jsonIn(sectionOf(page, '### `spillway.status()`')));
  const { chat } = shown.pools;
  const status = pool.status();
  const [shownBackend] = chat.backends;
  const [backend] = status.backends;
  const pairs: [shown: object, actual: object | undefined][] = [
    [shown, spillway.status()],
    [chat, status],
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

it.each(['express', 'koa', 'node-http', 'core'])(
  'names every value that @spillway/%s exports',
  async (name) => {
    const exported = await import(`@spillway/${name}`);
    const markdown = read(`packages/${name}/README.md`);
    for (const each of Object.keys(exported)) expect(markdown).toMatch(new RegExp(`\`${each}\\b`));
  },
);
