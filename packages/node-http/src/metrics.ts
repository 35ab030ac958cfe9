import { ConfigurationError, type MetricFamily } from '@spillway/core';
import type { Metric, Registry } from 'prom-client';

/** What is asked of a prom-client registry, of whichever copy of prom-client it comes from. */
export type MetricsRegistry = Pick<
  Registry,
  'registerMetric' | 'getSingleMetric' | 'metrics' | 'contentType'
>;

/**
 * Registers families that are read at the scrape, so that counting costs a request nothing: to
 * prom-client a metric is anything with a name and a `get()`.
 */
export function register(registry: MetricsRegistry, families: readonly MetricFamily[]): void {
  for (const family of families) {
    const { name, help, type, labelNames } = family;
    if (registry.getSingleMetric(name) !== undefined) {
      const rule = `must not hold '${name}' already: each createSpillway needs a registry of its own`;
      throw new ConfigurationError('createSpillway.registry', rule);
    }
    const metric = {
      name,
      help,
      type,
      labelNames,
      aggregator: 'sum',
      get: async () => ({ name, help, type, aggregator: 'sum', values: family.collect() }),
      reset() {},
    };
    registry.registerMetric(metric as unknown as Metric);
  }
}
