import { ConfigurationError, read } from '@spillway/core';
import { AutoscaleError } from '../../errors.ts';
import type { Scaler } from '../scaler.ts';
import { connect, type DeploymentScale } from './deployment-scale.ts';
import type { KubeConfigLike } from './kube-config.ts';

export interface KubernetesScalerOptions {
  /** The Deployment's name. */
  readonly deployment: string;
  /** @defaultValue that of the configuration's context: in a pod, its own */
  readonly namespace?: string | undefined;
  /**
   * A `KubeConfig` of `@kubernetes/client-node`.
   * @defaultValue in a pod that of its service account; elsewhere as `kubectl` has it
   */
  readonly kubeConfig?: KubeConfigLike | undefined;
}

/** Scales a Deployment. Made by {@link kubernetesScaler}. */
export interface KubernetesScaler extends Scaler {
  /** `spec.replicas` of the Deployment. */
  current(signal?: AbortSignal): Promise<number>;
  /** Sets it. Resolves when the API server has taken it; pods come and go later. */
  scaleTo(count: number, signal?: AbortSignal): Promise<void>;
}

/** The Deployment's status changes often while pods come and go, and each time a write may conflict. */
const MOST_TRIES = 5;

const readOptions = read.object<KubernetesScalerOptions>({
  deployment: read.nonEmptyString,
  namespace: read.optional(read.nonEmptyString),
  kubeConfig: read.optional(
    read.having<KubeConfigLike>('makeApiClient', 'getCurrentContext', 'getContextObject'),
  ),
});

/**
 * Sets the scale of a Deployment on Kubernetes, through `@kubernetes/client-node`, which has to be
 * installed beside this package. It needs the verbs `get` and `update` on `deployments/scale`.
 * @throws ConfigurationError when an option is unknown or of the wrong type
 * @example
 * const scaler = kubernetesScaler({ namespace: 'shop', deployment: 'prices' });
 */
export function kubernetesScaler(options: KubernetesScalerOptions): KubernetesScaler {
  const { deployment, namespace, kubeConfig } = readOptions(options, 'kubernetesScaler');
  let connected: Promise<DeploymentScale> | undefined;

  /** Connects at the first call. What failed then is tried again. */
  async function scaleOf(): Promise<DeploymentScale> {
    connected ??= connect(deployment, namespace, kubeConfig);
    try {
      return await connected;
    } catch (error) {
      connected = undefined;
      throw error;
    }
  }

  return {
    async current(signal = NEVER) {
      const scale = await scaleOf();
      return replicasOf(await scale.read(signal));
    },

    async scaleTo(count, signal = NEVER) {
      if (!Number.isSafeInteger(count) || count < 0) {
        throw new ConfigurationError('scaleTo', 'must be given an integer of at least 0', count);
      }
      const scale = await scaleOf();
      let latest = await scale.read(signal);
      const before = replicasOf(latest);
      for (let tries = 1; replicasOf(latest) !== count; tries++) {
        try {
          await scale.replace({ ...latest, spec: { replicas: count } }, signal);
          return;
        } catch (error) {
          if (!(error instanceof AutoscaleError && error.code === 'conflict')) throw error;
          if (tries === MOST_TRIES) throw error;
          latest = await scale.read(signal);
          const now = replicasOf(latest);
          // Only a change by somebody else is a reason to decide anew.
          if (now !== before && now !== count) {
            const message = `${deployment} was scaled from ${before} to ${now} meanwhile`;
            throw new AutoscaleError('conflict', message, error);
          }
        }
      }
    },
  };
}

const NEVER = new AbortController().signal;

/** The API server leaves a 0 out. */
function replicasOf({ spec }: { readonly spec?: { readonly replicas?: number } }): number {
  return spec?.replicas ?? 0;
}
