import { ConfigurationError, type FamilyRegistry, registerFamilies } from '@spillway/core';
import { Autoscaler } from './autoscaler.ts';
import { autoscaleFamilies } from './metrics.ts';
import { type AutoscaleOptions, readAutoscaleOptions } from './options.ts';

/** Those that are at work, by the registry that shows them. */
const shown = new WeakMap<FamilyRegistry, Set<Autoscaler>>();

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
  const { registry, name } = config;
  const peers = registry === undefined ? new Set<Autoscaler>() : peersIn(registry);
  if (Array.from(peers, (peer) => peer.name).includes(name)) {
    const rule = 'must be a name that no other autoscaler of the registry has';
    throw new ConfigurationError('autoscale.name', rule, name);
  }
  const autoscaler = new Autoscaler(config, () => peers.delete(autoscaler));
  peers.add(autoscaler);
  return autoscaler;
}

function peersIn(registry: FamilyRegistry): Set<Autoscaler> {
  const known = shown.get(registry);
  if (known !== undefined) return known;
  const peers = new Set<Autoscaler>();
  registerFamilies(registry, autoscaleFamilies(peers), 'autoscale.registry');
  shown.set(registry, peers);
  return peers;
}
