import { Autoscaler } from './autoscaler.ts';
import { autoscaleFamilies } from './metrics.ts';
import { type AutoscaleOptions, readAutoscaleOptions } from './options.ts';
import { SharedFamilies } from './shared-families.ts';

const shown = new SharedFamilies<Autoscaler>('autoscale', autoscaleFamilies);

/**
 * Begins to watch a metric, and scales by rules on its average: out when that is above one threshold,
 * in when it is below another. It goes on until `stop()`, and does not keep the process from ending.
 * @throws ConfigurationError when an option is unknown or impossible, or the name is taken
 * @example
 * const autoscaler = autoscale({
 *   metric: poolUtilisation(pool),
 *   scaleOut: { above: 0.8 },
 *   scaleIn: { below: 0.6 },
 *   max: 4,
 *   scaler: kubernetesScaler({ namespace: 'shop', deployment: 'prices' }),
 * });
 */
export function autoscale(options: AutoscaleOptions): Autoscaler {
  const config = readAutoscaleOptions(options);
  const peers = shown.claim(config.registry, config.name);
  const autoscaler = new Autoscaler(config, () => peers.delete(autoscaler));
  peers.add(autoscaler);
  return autoscaler;
}
