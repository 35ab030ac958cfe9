import { ConfigurationError } from '../errors.ts';
import type { MetricFamily, MetricSample } from './families.ts';

/** What is asked of a prom-client registry, of whichever copy of prom-client it comes from. */
export interface FamilyRegistry {
  getSingleMetric(name: string): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: prom-client's own type of a metric
  registerMetric(metric: any): void;
}

/** A {@link MetricFamily} whose samples may have to be asked for elsewhere. */
export interface RegistrableFamily extends Omit<MetricFamily, 'collect'> {
  collect(): MetricSample[] | Promise<MetricSample[]>;
}

/**
 * Registers families that are read at the scrape, so that counting costs a request nothing: to
 * prom-client a metric is anything with a name and a `get()`.
 * @param path of the option that the registry was given as, for the error
 * @throws ConfigurationError when the registry holds a metric of one of the names already
 */
export function registerFamilies(
  registry: FamilyRegistry,
  families: readonly RegistrableFamily[],
  path: string,
): void {
  for (const family of families) {
    const { name, help, type, labelNames } = family;
    if (registry.getSingleMetric(name) !== undefined) {
      const call = path.slice(0, path.indexOf('.'));
      const rule = `must not hold '${name}' already: each ${call} needs a registry of its own`;
      throw new ConfigurationError(path, rule);
    }
    registry.registerMetric({
      name,
      help,
      type,
      labelNames,
      aggregator: 'sum',
      get: async () => ({
        name,
        help,
        type,
        aggregator: 'sum',
        values: await family.collect(),
      }),
      reset() {},
    });
  }
}
