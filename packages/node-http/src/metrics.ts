import type { Registry } from 'prom-client';

/** What is asked of a prom-client registry, of whichever copy of prom-client it comes from. */
export type MetricsRegistry = Pick<
  Registry,
  'registerMetric' | 'getSingleMetric' | 'metrics' | 'contentType'
>;
