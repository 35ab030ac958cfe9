import { autoscale, kubernetesScaler } from '@spillway/autoscale';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished } from 'vitest';
import { startKubernetesApi } from './kubernetes-api.ts';

const path = '/apis/apps/v1/namespaces/shop/deployments/prices/scale';

async function setUp(replicas: number) {
  const api = await startKubernetesApi(replicas);
  const scaler = kubernetesScaler({ deployment: 'prices', kubeConfig: api.kubeConfig() });
  return { api, scaler };
}

it('reads and sets the replicas of the Deployment, and nothing else', async () => {
  const { api, scaler } = await setUp(2);
  expect(await scaler.current()).toBe(2);
  await scaler.scaleTo(3);
  expect(api.replicas).toBe(3);
  expect(await scaler.current()).toBe(3);
  expect(api.asked).toEqual([
    { method: 'GET', url: path, replicas: undefined, resourceVersion: undefined },
    { method: 'GET', url: path, replicas: undefined, resourceVersion: undefined },
    { method: 'PUT', url: path, replicas: 3, resourceVersion: '41873' },
    { method: 'GET', url: path, replicas: undefined, resourceVersion: undefined },
  ]);
});

it('takes replicas that are left out for 0, and sets 0', async () => {
  const { api, scaler } = await setUp(0);
  expect(await scaler.current()).toBe(0);
  await scaler.scaleTo(1);
  expect(api.replicas).toBe(1);
  await scaler.scaleTo(0);
  expect(api.replicas).toBe(0);
});

it('writes nothing when there are as many already', async () => {
  const { api, scaler } = await setUp(3);
  await scaler.scaleTo(3);
  expect(api.asked.map(({ method }) => method)).toEqual(['GET']);
});

it('tries again when only the status of the Deployment has changed meanwhile', async () => {
  const { api, scaler } = await setUp(2);
  let changes = 3;
  api.beforeWrite = () => {
    if (changes-- > 0) api.statusChanged();
  };
  await scaler.scaleTo(3);
  expect(api.replicas).toBe(3);
  expect(api.asked.filter(({ method }) => method === 'PUT')).toHaveLength(4);
});

it('leaves it alone when somebody else has scaled it meanwhile', async () => {
  const { api, scaler } = await setUp(2);
  api.beforeWrite = () => {
    api.replicas = 7;
    api.statusChanged();
  };
  await expect(scaler.scaleTo(3)).rejects.toMatchObject({
    code: 'conflict',
    message: 'prices was scaled from 2 to 7 meanwhile',
  });
  expect(api.replicas).toBe(7);
});

it('is content when somebody else has scaled it to the same', async () => {
  const { api, scaler } = await setUp(2);
  api.beforeWrite = () => {
    api.replicas = 3;
    api.statusChanged();
  };
  await scaler.scaleTo(3);
  expect(api.asked.filter(({ method }) => method === 'PUT')).toHaveLength(1);
});

it('gives up when writes conflict again and again', async () => {
  const { api, scaler } = await setUp(2);
  api.beforeWrite = api.statusChanged;
  await expect(scaler.scaleTo(3)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('the object has been modified'),
  });
  expect(api.replicas).toBe(2);
  expect(api.asked.filter(({ method }) => method === 'PUT')).toHaveLength(5);
});

it('says what it is not allowed to do', async () => {
  const { api } = await setUp(2);
  const kubeConfig = api.kubeConfig('a-reader');
  const scaler = kubernetesScaler({ deployment: 'prices', kubeConfig });
  expect(await scaler.current()).toBe(2);
  await expect(scaler.scaleTo(3)).rejects.toMatchObject({
    code: 'api',
    message:
      'PUT deployments/prices/scale in shop: 403 deployments.apps "prices" is forbidden: ' +
      'User "system:serviceaccount:shop:default" cannot update resource "deployments/scale" ' +
      'in API group "apps" in the namespace "shop"',
  });
});

it('says that there is no such Deployment', async () => {
  const { api } = await setUp(2);
  const kubeConfig = api.kubeConfig();
  const scaler = kubernetesScaler({ namespace: 'shop', deployment: 'orders', kubeConfig });
  await expect(scaler.current()).rejects.toMatchObject({
    code: 'api',
    message: 'GET deployments/orders/scale in shop: 404 deployments.apps "orders" not found',
  });
});

it('says that nobody answered', async () => {
  const { api } = await setUp(2);
  const kubeConfig = api.kubeConfig();
  const cluster = kubeConfig.getCurrentCluster();
  kubeConfig.clusters = [{ ...cluster, name: 'test', server: 'http://127.0.0.1:9' }] as never;
  const scaler = kubernetesScaler({ deployment: 'prices', kubeConfig });
  await expect(scaler.current()).rejects.toMatchObject({
    code: 'api',
    message: expect.stringMatching(/^GET deployments\/prices\/scale in shop: /),
  });
});

it('breaks a request off when its signal says so', async () => {
  const { api, scaler } = await setUp(2);
  api.hangs = true;
  const givenUp = new AbortController();
  const current = scaler.current(givenUp.signal);
  await until(() => expect(api.asked).toHaveLength(1));
  givenUp.abort();
  await expect(current).rejects.toMatchObject({ code: 'api' });
});

it('scales by the rules, and goes by what kubectl does', async () => {
  const { api, scaler } = await setUp(1);
  const clock = new FakeClock();
  const autoscaler = autoscale({
    metric: () => 0.9,
    sampleMs: 1_000,
    scaleOut: { above: 0.8, windowMs: 2_000, cooldownMs: 3_000 },
    scaleIn: { below: 0.6, windowMs: 2_000 },
    max: 5,
    scaler,
    clock,
  });
  onTestFinished(() => autoscaler.stop());
  const reasons: string[] = [];
  autoscaler.on('decision', ({ reason, count }) => void reasons.push(`${count} ${reason}`));
  const second = async () => {
    const { length } = reasons;
    clock.advance(1_000);
    await until(() => {
      expect(reasons).toHaveLength(length + 1);
      expect(autoscaler.status().target).toBeUndefined();
    });
  };
  await second();
  await second();
  expect(api.replicas).toBe(2);
  await second();
  api.replicas = 4; // kubectl scale
  for (let count = 0; count < 4; count++) await second();
  expect(api.replicas).toBe(5);
  expect(reasons).toEqual([
    '1 window_not_full',
    '1 above',
    '2 cooldown',
    '4 cooldown',
    '4 cooldown',
    '4 cooldown',
    '4 above',
  ]);
});

it.each<[object, string]>([
  [{}, 'kubernetesScaler.deployment must be a non-empty string, got undefined'],
  [{ deployment: 'a', kubeConfig: {} }, "must have a method 'makeApiClient', got an object"],
  [{ deployment: 'a', name: 'b' }, 'kubernetesScaler.name is not an option'],
])('refuses %j', (wrong, message) => {
  expect(() => kubernetesScaler(wrong as never)).toThrow(message);
});
