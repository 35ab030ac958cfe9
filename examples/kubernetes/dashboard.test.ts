import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricFamilies } from '@spillway/core';
import { describe, expect, it } from 'vitest';
import { type Dashboard, queriesOf } from './dashboard-queries.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');

/** The labels of each series that can be asked for, by its name. */
const series = new Map<string, readonly string[]>([
  // kube-state-metrics'
  ['kube_pod_status_ready', ['condition']],
]);
for (const { name, type, labelNames } of metricFamilies(
  () => [],
  () => [],
)) {
  if (type !== 'histogram') series.set(name, labelNames);
  else series.set(`${name}_bucket`, [...labelNames, 'le']);
}
/** Those of service discovery. */
const DISCOVERED = ['namespace', 'pod', 'job'];

const namesIn = (promql: string) => promql.match(/\b(?:spillway|kube)_\w+/g) ?? [];
const labelsIn = (promql: string) => {
  const grouped = Array.from(promql.matchAll(/by \(([^)]*)\)/g), ([, labels]) => labels);
  const matched = Array.from(promql.matchAll(/(\w+)(?:=~?|!=)"/g), ([, label]) => label);
  return [...grouped.flatMap((labels) => labels?.split(', ')), ...matched];
};

const dashboard = JSON.parse(read('chart/dashboards/spillway.json')) as Dashboard;
const queries = queriesOf(dashboard);

describe('the dashboard', () => {
  it.each(queries)('asks for what there is: $panel, $expr', ({ expr, legend }) => {
    const [name = '', ...others] = namesIn(expr);
    expect([...series.keys()]).toContain(name);
    expect(others).toEqual([]);
    const labels = [...DISCOVERED, ...(series.get(name) ?? [])];
    expect(labels).toEqual(expect.arrayContaining(labelsIn(expr)));
    const shown = Array.from(legend.matchAll(/{{(\w+)}}/g), ([, label]) => label);
    expect(labelsIn(expr)).toEqual(expect.arrayContaining(shown));
  });

  it('leaves no metric out', () => {
    const asked = new Set(queries.flatMap(({ expr }) => namesIn(expr)));
    expect([...asked].sort()).toEqual([...series.keys()].sort());
  });

  it('chooses pods by metrics that are there from the start', () => {
    const definitions = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    expect(definitions).toHaveLength(2);
    for (const definition of definitions) {
      expect([...series.keys()]).toEqual(expect.arrayContaining(namesIn(definition)));
    }
  });
});

it('has alerts on metrics that there are', () => {
  const asked = namesIn(read('chart/alerts/spillway.yaml'));
  expect(asked).toHaveLength(3);
  expect([...series.keys()]).toEqual(expect.arrayContaining(asked));
});

it('has rules for prometheus-adapter on metrics that there are', () => {
  const asked = new Set(namesIn(read('prometheus-adapter.values.yaml')));
  expect([...asked]).toEqual(['spillway_queue_ratio', 'spillway_gate_running']);
  expect([...series.keys()]).toEqual(expect.arrayContaining([...asked]));
});
