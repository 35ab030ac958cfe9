import * as exported from '@spillway/autoscale';
import {
  type AutoscaleErrorCode,
  type AutoscaleOptions,
  autoscale,
  kubernetesScaler,
  processScaler,
} from '@spillway/autoscale';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { codeOf, read, rowsOf, sectionOf } from './markdown.ts';
import { optionsOf } from './options.ts';

const page = read('packages/autoscale/README.md');
const given: AutoscaleOptions = {
  metric: () => 0.5,
  scaleOut: { above: 0.8 },
  scaleIn: { below: 0.6 },
  max: 2,
  scaler: { current: () => 1, scaleTo() {} },
  clock: new FakeClock(),
};
const autoscaleWith = (options: object) => autoscale({ ...given, ...options });

describe('the tables of options', () => {
  it.each<[heading: string, names: () => string[]]>([
    ['## `autoscale(options)`', () => optionsOf(autoscaleWith)],
    [
      '### A rule',
      () => [
        ...new Set([
          ...optionsOf((scaleOut) => autoscaleWith({ scaleOut })),
          ...optionsOf((scaleIn) => autoscaleWith({ scaleIn })),
        ]),
      ],
    ],
    ['### `processScaler(options)`', () => optionsOf((wrong) => processScaler(wrong as never))],
    [
      '### `kubernetesScaler(options)`',
      () => optionsOf((wrong) => kubernetesScaler(wrong as never)),
    ],
  ])('%s', (heading, names) => {
    const documented = rowsOf(sectionOf(page, heading), 'option').flatMap(([name]) =>
      codesIn(name),
    );
    expect(documented.sort()).toEqual(names().sort());
  });
});

it('tables the decisions, and what they tell', () => {
  const clock = new FakeClock();
  const autoscaler = autoscaleWith({ clock });
  const section = sectionOf(page, '### What it gives');
  const reasons = rowsOf(section, 'reason').map(([reason]) => codeOf(reason));
  expect(reasons.sort()).toEqual(Object.keys(autoscaler.status().decisions).sort());

  const events = new Map<string, string[]>();
  for (const event of ['decision', 'scaled', 'failure'] as const) {
    autoscaler.on(event, (told: object) => void events.set(event, Object.keys(told)));
  }
  clock.advance(60_000);
  autoscaler.stop();
  const [decision, ...others] = rowsOf(section, 'event');
  expect(codesIn(decision?.[2])).toEqual(events.get('decision'));
  expect(others.map(([name]) => codeOf(name))).toEqual(['scaled', 'failure']);

  const [status] = rowsOf(section);
  const named = codesIn(status?.[1]);
  for (const name of Object.keys(autoscaler.status())) expect(named).toContain(name);
});

it.each<[heading: string, make: (registry: Registry) => unknown]>([
  ['### What it gives', (registry) => autoscaleWith({ registry }).stop()],
  [
    '### `processScaler(options)`',
    (registry) => processScaler({ module: 'any', pool: () => ({}) as never, registry }).close(),
  ],
])('tables the metrics as they are: %s', async (heading, make) => {
  const registry = new Registry();
  await make(registry);
  const documented = rowsOf(sectionOf(page, heading), 'metric');
  const rows = documented.map(([name, type, labels]) => [codeOf(name), type, codesIn(labels)]);
  const metrics = registry.getMetricsAsArray() as unknown as Record<string, unknown>[];
  expect(rows).toEqual(metrics.map(({ name, type, labelNames }) => [name, type, labelNames]));
});

it('tables the codes of its errors', () => {
  const all: Record<AutoscaleErrorCode, true> = {
    late: true,
    invalid_count: true,
    not_ready: true,
    closed: true,
    api: true,
    conflict: true,
    missing_dependency: true,
  };
  const codes = rowsOf(sectionOf(page, '## Errors')).map(([code]) => codeOf(code));
  expect(codes).toEqual(Object.keys(all));
});

it('names every value that @spillway/autoscale exports', () => {
  for (const each of Object.keys(exported)) expect(page).toMatch(new RegExp(`\`${each}\\b`));
});

function codesIn(cell = ''): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code);
}
