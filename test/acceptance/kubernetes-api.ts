import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly replicas: number | undefined;
  readonly resourceVersion: string | undefined;
}

/**
 * The scale subresource of one Deployment, `shop/prices`, as an API server answers for it: Go leaves
 * zeros out, each change has a resourceVersion, and a write with an old one is refused.
 */
export async function startKubernetesApi(replicas: number) {
  const asked: Asked[] = [];
  const api = {
    replicas,
    resourceVersion: 41_873,
    asked,
    /** Called before each write is looked at: somebody else may be faster. */
    beforeWrite: () => {},
    /** Answers nothing. */
    hangs: false,
    /** Something of the Deployment has changed that is not its scale. */
    statusChanged: () => void api.resourceVersion++,
    kubeConfig: (token = 'the-scaler') => {
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromOptions({
        clusters: [{ name: 'test', server: origin, skipTLSVerify: true }],
        users: [{ name: 'test', token }],
        contexts: [{ name: 'test', cluster: 'test', user: 'test', namespace: 'shop' }],
        currentContext: 'test',
      });
      return kubeConfig;
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const body = await text(request);
    const scale = body === '' ? undefined : JSON.parse(body);
    const { spec, metadata } = scale ?? {};
    const { resourceVersion } = metadata ?? {};
    asked.push({ method, url, replicas: spec?.replicas, resourceVersion });
    if (api.hangs) return;
    const send = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(content));
    };
    const refuse = (code: number, reason: string, message: string) =>
      send(code, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message,
        reason,
        details: { name: 'prices', group: 'apps', kind: 'deployments' },
        code,
      });
    const verb = method === 'PUT' ? 'update' : 'get';
    const [, namespace, name] =
      /^\/apis\/apps\/v1\/namespaces\/([^/]+)\/deployments\/([^/]+)\/scale$/.exec(url) ?? [];
    const { authorization } = request.headers;
    if (
      authorization !== 'Bearer the-scaler' &&
      !(authorization === 'Bearer a-reader' && verb === 'get')
    ) {
      refuse(
        403,
        'Forbidden',
        `deployments.apps "${name}" is forbidden: User "system:serviceaccount:shop:default" cannot ` +
          `${verb} resource "deployments/scale" in API group "apps" in the namespace "${namespace}"`,
      );
      return;
    }
    if (namespace !== 'shop' || name !== 'prices') {
      refuse(404, 'NotFound', `deployments.apps "${name}" not found`);
      return;
    }
    if (method === 'PUT') {
      api.beforeWrite();
      if (resourceVersion !== undefined && resourceVersion !== String(api.resourceVersion)) {
        refuse(
          409,
          'Conflict',
          'Operation cannot be fulfilled on deployments.apps "prices": the object has been modified; ' +
            'please apply your changes to the latest version and try again',
        );
        return;
      }
      api.replicas = spec?.replicas ?? 0;
      api.resourceVersion++;
    } else if (method !== 'GET') {
      refuse(405, 'MethodNotAllowed', `the server does not allow ${method} here`);
      return;
    }
    send(200, {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: {
        name: 'prices',
        namespace: 'shop',
        uid: '3a4f0f0c-6e5d-4f0e-8a58-0c9f5a6c4b7e',
        resourceVersion: String(api.resourceVersion),
        creationTimestamp: '2026-01-05T08:00:00Z',
      },
      spec: api.replicas === 0 ? {} : { replicas: api.replicas },
      status: { replicas: api.replicas, selector: 'app=prices' },
    });
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return api;
}
