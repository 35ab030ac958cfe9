import type { V1Scale } from '@kubernetes/client-node';
import { AutoscaleError } from '../../errors.ts';
import type { KubeConfigLike } from './kube-config.ts';

/** The scale subresource of one Deployment. */
export interface DeploymentScale {
  read(signal: AbortSignal): Promise<V1Scale>;
  /** Rejects with `conflict` when the Deployment has changed since `scale` was read. */
  replace(scale: V1Scale, signal: AbortSignal): Promise<void>;
}

const CONFLICT = 409;

/** Connects to the API server. The package is loaded here, so that who does not scale there needs none. */
export async function connect(
  deployment: string,
  namespace: string | undefined,
  given: KubeConfigLike | undefined,
): Promise<DeploymentScale> {
  const client = await load();
  const kubeConfig = given ?? defaultConfig(client);
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  const place = { name: deployment, namespace: namespace ?? context?.namespace ?? 'default' };
  const api = kubeConfig.makeApiClient(client.AppsV1Api) as InstanceType<Client['AppsV1Api']>;

  /** Requests have no option for a signal of their own, but middleware may set one. */
  const abortedBy = (
    signal: AbortSignal,
  ): Parameters<typeof api.readNamespacedDeploymentScale>[1] => ({
    middleware: [
      {
        pre(request) {
          request.setSignal(signal);
          return new client.Observable(Promise.resolve(request));
        },
        post: (response) => new client.Observable(Promise.resolve(response)),
      },
    ],
    middlewareMergeStrategy: 'append',
  });

  return {
    read: (signal) =>
      api.readNamespacedDeploymentScale(place, abortedBy(signal)).catch(fail('GET', place)),
    async replace(body, signal) {
      const request = { ...place, body };
      await api
        .replaceNamespacedDeploymentScale(request, abortedBy(signal))
        .catch(fail('PUT', place));
    },
  };
}

type Client = typeof import('@kubernetes/client-node');

async function load(): Promise<Client> {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    const message = 'kubernetesScaler needs the package @kubernetes/client-node: npm install it';
    throw new AutoscaleError('missing_dependency', message, error);
  }
}

/** That of the pod's service account; elsewhere that of `kubectl`. */
function defaultConfig({ KubeConfig }: Client): KubeConfigLike {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  return kubeConfig;
}

function fail(verb: string, { name, namespace }: { name: string; namespace: string }) {
  return (error: unknown): never => {
    const { code, body } = error as { code?: unknown; body?: unknown };
    const what = `${verb} deployments/${name}/scale in ${namespace}`;
    // What has no status was not answered.
    if (typeof code !== 'number') {
      throw new AutoscaleError('api', `${what}: ${(error as Error).message}`, error);
    }
    const kind = code === CONFLICT ? 'conflict' : 'api';
    throw new AutoscaleError(kind, `${what}: ${code} ${messageOf(body)}`.trimEnd(), error);
  };
}

/** Of a `Status` object, which the client does not parse. */
function messageOf(body: unknown): string {
  try {
    const { message } = typeof body === 'string' ? JSON.parse(body) : (body as object);
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}
