import { createSpillway, type PoolOptions } from '@spillway/koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeOf, read, rowsOf, sectionOf } from './markdown.ts';
import { optionsOf } from './options.ts';

const page = read('packages/koa/README.md');
const expressPage = read('packages/express/README.md');
const backends = [{ id: 'a', url: 'http://127.0.0.1:9' }];

function poolWith(options: object) {
  const spillway = createSpillway();
  onTestFinished(() => spillway.shutdown());
  const pool = spillway.pool('any', { backends, ...options } as PoolOptions);
  return { spillway, pool };
}

describe('the tables of options', () => {
  it.each<[heading: string, names: () => string[]]>([
    ['### `createSpillway(options?)`', () => optionsOf((wrong) => createSpillway(wrong))],
    [
      '### `spillway.limitConcurrency(options)`',
      () => optionsOf((wrong) => createSpillway().limitConcurrency(wrong as never)),
    ],
    [
      '### `spillway.circuitBreaker(options)`',
      () => optionsOf((wrong) => createSpillway().circuitBreaker(wrong)),
    ],
    [
      '### `spillway.protect(options)`',
      () => optionsOf((wrong) => createSpillway().protect(wrong)),
    ],
    [
      '### `spillway.readiness(options?)`',
      () => optionsOf((wrong) => createSpillway().readiness(wrong)),
    ],
    [
      '### `spillway.liveness(options?)`',
      () => optionsOf((wrong) => createSpillway().liveness(wrong)),
    ],
    ['### `spillway.pool(name, options)`', () => optionsOf(poolWith)],
    ['#### A backend', () => optionsOf((wrong) => poolWith({ backends: [wrong] }))],
    ['#### Affinity', () => optionsOf((affinity) => poolWith({ affinity }))],
    [
      '### `spillway.proxy(pool, options?)`',
      () => {
        const { spillway, pool } = poolWith({});
        return optionsOf((wrong) => spillway.proxy(pool, wrong));
      },
    ],
    [
      '### `spillway.shutdown(options?)`',
      () => optionsOf((wrong) => createSpillway().shutdown(wrong)),
    ],
  ])('%s', (heading, names) => {
    const documented = rowsOf(sectionOf(page, heading), 'option').map(([name]) => codeOf(name));
    expect(documented.sort()).toEqual(names().sort());
  });
});

// What is alike must not come to differ between the pages.
describe("Express's page says the same of", () => {
  const rowsOfBoth = (heading: string, head?: string) =>
    [page, expressPage].map((each) =>
      rowsOf(sectionOf(each.replaceAll('../express/README.md#', '#'), heading), head),
    );

  it.each([
    '### `spillway.circuitBreaker(options)`',
    '### `spillway.protect(options)`',
    '### `spillway.liveness(options?)`',
    '#### A backend',
    '## Errors',
  ])('%s', (heading) => {
    const [here, there] = rowsOfBoth(heading);
    expect(here).toEqual(there);
  });

  it.each(['status', 'option'])('readiness, by %s', (head) => {
    const [here, there] = rowsOfBoth('### `spillway.readiness(options?)`', head);
    expect(here).toEqual(there);
  });

  it.each([
    '### `createSpillway(options?)`',
    '### `spillway.limitConcurrency(options)`',
    '### `spillway.pool(name, options)`',
    '### `spillway.shutdown(options?)`',
    '### When a slot comes back',
    "## Answers of Spillway's own",
  ])('the names in %s', (heading) => {
    const [here, there] = rowsOfBoth(heading);
    expect(here?.map(([name]) => name)).toEqual(there?.map(([name]) => name));
  });
});
