import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ChartRenderer, chartRenderer, type Manifest, type Rendered } from './render-chart.ts';
import { faultsOf } from './validate-manifests.ts';

const example = join(import.meta.dirname, '../../examples/kubernetes');
const read = (path: string) => readFileSync(join(example, path), 'utf8');

type Values = { readonly [key: string]: unknown };
const defaults = parse(read('chart/values.yaml')) as Values;

/** With everything on that is optional. */
const observed = {
  serviceMonitor: { enabled: true, labels: { release: 'monitoring' } },
  dashboard: { enabled: true },
  alerts: { enabled: true, labels: { release: 'monitoring' } },
};
const installations: Record<string, Values> = {
  'the default values': {},
  'a fixed number of pods': {
    autoscaling: { enabled: false },
    replicaCount: 3,
    podDisruptionBudget: { maxUnavailable: '25%' },
  },
  'Prometheus Operator and Grafana': observed,
  'changed values': {
    image: { repository: 'registry.example/reports', tag: '1.2.3', pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'registry' }],
    gate: { maxCount: 20, maxQueueLength: 100, reportMs: 50 },
    readiness: { maxQueueRatio: 2.5 },
    shutdown: { readinessDelayMs: 7_500, timeoutMs: 1_800_000 },
    service: { type: 'NodePort', port: 8080 },
    autoscaling: {
      minReplicas: 1,
      maxReplicas: 12,
      targetQueueRatio: 0.5,
      targetUtilization: 0.7,
      behavior: null,
    },
    podDisruptionBudget: { enabled: false },
    probes: { startup: { failureThreshold: 60 }, readiness: { periodSeconds: 5 } },
    resources: { limits: { cpu: '1' } },
    podAnnotations: { 'example.com/team': 'reports' },
    nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    tolerations: [{ key: 'spot', operator: 'Exists' }],
    affinity: { podAntiAffinity: {} },
  },
};

let chart: ChartRenderer;
let rendered: Map<string, Rendered>;

beforeAll(() => {
  chart = chartRenderer(join(example, 'chart'));
  const names = Object.keys(installations);
  const results = chart.render(Object.values(installations).map((values) => install(values)));
  rendered = new Map(names.map((name, index) => [name, results[index] as Rendered]));
});
afterAll(() => chart.dispose());

function install(values: Values, release = 'shop') {
  return { release, namespace: 'shop', values };
}

/** By kind. One that is missing fails the test where it is looked into. */
interface Manifests {
  // biome-ignore lint/suspicious/noExplicitAny: tests reach deep into it, and it is validated before.
  readonly [kind: string]: any;
}

function renderedWith(name: string): Manifests {
  const { manifests, error } = rendered.get(name) as Rendered;
  expect(error).toBeUndefined();
  const byKind = Object.fromEntries(manifests.map((manifest) => [manifest.kind, manifest]));
  expect(Object.keys(byKind)).toHaveLength(manifests.length);
  return byKind;
}

const containerOf = ({ Deployment }: Manifests) => Deployment.spec.template.spec.containers[0];

const environmentOf = (manifests: Manifests): Record<string, string> =>
  Object.fromEntries(
    containerOf(manifests).env.map(({ name, value }: Record<string, string>) => [name, value]),
  );

describe('every manifest', () => {
  it('is one that Kubernetes takes, without a field that it does not know', () => {
    const manifests = Object.keys(installations).flatMap((name) =>
      Object.values(renderedWith(name)),
    );
    expect(faultsOf(manifests)).toEqual([]);
    expect(new Set(manifests.map(({ kind }) => kind)).size).toBe(7);
  });

  it.each<[string, (deployment: Manifest) => void, RegExp]>([
    [
      'a misspelt field',
      ({ spec }) => Object.assign(spec, { replica: 2 }),
      /"replica"' does not exist/,
    ],
    [
      'a misspelt field deep within',
      (each) =>
        Object.assign(each.spec.template.spec.containers[0].readinessProbe, { periodSecond: 1 }),
      /"periodSecond"' does not exist/,
    ],
    ['a wrong type', ({ spec }) => Object.assign(spec, { replicas: '2' }), /replicas/],
    ['a field that is missing', ({ spec }) => void delete spec.selector, /selector/],
    [
      'an impossible value',
      (each) => Object.assign(each.spec.strategy, { type: 'Gently' }),
      /Gently|strategy/,
    ],
    [
      'a kind of another version',
      (each) => Object.assign(each, { apiVersion: 'apps/v1beta1' }),
      /is not known/,
    ],
  ])('would be refused with %s', (_, spoil, message) => {
    const deployment = structuredClone(renderedWith('the default values').Deployment) as Manifest;
    spoil(deployment);
    expect(faultsOf([deployment]).join('\n')).toMatch(message);
  });

  it('has the labels that the others find it by', () => {
    const manifests = renderedWith('Prometheus Operator and Grafana');
    const { Deployment, Service, PodDisruptionBudget, ServiceMonitor } = manifests;
    const pods = Deployment.spec.template;
    expect(pods.metadata.labels).toMatchObject(Deployment.spec.selector.matchLabels);
    expect(pods.metadata.labels).toMatchObject(Service.spec.selector);
    expect(pods.metadata.labels).toMatchObject(PodDisruptionBudget.spec.selector.matchLabels);
    expect(Service.metadata.labels).toMatchObject(ServiceMonitor.spec.selector.matchLabels);
    const ports = Service.spec.ports.map(({ name }: { name: string }) => name);
    expect(ports).toContain(ServiceMonitor.spec.endpoints[0].port);
    for (const { metadata } of Object.values(manifests)) {
      expect(metadata.labels['app.kubernetes.io/instance']).toBe('shop');
    }
  });

  it('is named after the release, once, and not longer than a name may be', () => {
    const releases = ['shop', 'reports', `a${'b'.repeat(52)}`];
    const names = chart
      .render(releases.map((release) => install({}, release)))
      .map(({ manifests }) => [...new Set(manifests.map(({ metadata }) => metadata.name))]);
    expect(names).toEqual([['shop-reports'], ['reports'], [`a${'b'.repeat(52)}-reports`]]);
  });
});

describe('a pod', () => {
  it('has the time that its shutdown may take, and more', () => {
    for (const [name, seconds] of [
      ['the default values', 30],
      ['changed values', 1_813],
    ] as const) {
      const manifests = renderedWith(name);
      const { READINESS_DELAY_MS, SHUTDOWN_TIMEOUT_MS } = environmentOf(manifests);
      const { terminationGracePeriodSeconds } = manifests.Deployment.spec.template.spec;
      expect(terminationGracePeriodSeconds, name).toBe(seconds);
      const shutdownMs = Number(READINESS_DELAY_MS) + Number(SHUTDOWN_TIMEOUT_MS);
      expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(shutdownMs);
    }
  });

  it('is asked what the service answers', () => {
    const manifests = renderedWith('the default values');
    const service = read('service/service.ts');
    const { startupProbe, readinessProbe, livenessProbe, ports } = containerOf(manifests);
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
      expect(service).toContain(`app.get('${httpGet.path}', spillway.`);
      expect(ports.map(({ name }: { name: string }) => name)).toContain(httpGet.port);
    }
    expect(readinessProbe.httpGet.path).toBe('/readyz');
    expect(environmentOf(manifests).PORT).toBe(String(ports[0].containerPort));
  });

  it('is told everything that the service lets one set', () => {
    const settings = Array.from(
      read('service/service.ts').matchAll(/setting\('(\w+)', ([\d_]+)\)/g),
      ([, name, value]) => [name, value?.replaceAll('_', '')],
    );
    expect(environmentOf(renderedWith('the default values'))).toEqual(Object.fromEntries(settings));
    expect(environmentOf(renderedWith('changed values'))).toEqual({
      PORT: '3000',
      MAX_COUNT: '20',
      MAX_QUEUE_LENGTH: '100',
      REPORT_MS: '50',
      MAX_QUEUE_RATIO: '2.5',
      READINESS_DELAY_MS: '7500',
      SHUTDOWN_TIMEOUT_MS: '1800000',
    });
  });

  it('has no rights that it does not need', () => {
    const { Deployment } = renderedWith('the default values');
    const pod = Deployment.spec.template.spec;
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext.runAsNonRoot).toBe(true);
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(read('service/Dockerfile')).toMatch(/^USER [1-9]\d*$/m);
  });

  it('is scraped by its annotations, or by a ServiceMonitor, and not by both', () => {
    const annotationsOf = (name: string) =>
      renderedWith(name).Deployment.spec.template.metadata.annotations;
    expect(annotationsOf('the default values')).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '3000',
      'prometheus.io/path': '/metrics',
    });
    expect(annotationsOf('changed values')).toHaveProperty(['example.com/team'], 'reports');
    expect(annotationsOf('Prometheus Operator and Grafana')).toBeUndefined();
    expect(renderedWith('the default values').ServiceMonitor).toBeUndefined();
  });
});

describe('the autoscaler', () => {
  it('scales the deployment by the metric that prometheus-adapter makes', () => {
    const { HorizontalPodAutoscaler, Deployment } = renderedWith('the default values');
    const { scaleTargetRef, metrics, minReplicas, maxReplicas } = HorizontalPodAutoscaler.spec;
    expect(scaleTargetRef).toEqual({
      apiVersion: Deployment.apiVersion,
      kind: Deployment.kind,
      name: Deployment.metadata.name,
    });
    const { rules } = parse(read('prometheus-adapter.values.yaml'));
    const name = rules.custom[0].name.as;
    const target = { type: 'AverageValue', averageValue: '1' };
    expect(metrics).toEqual([{ type: 'Pods', pods: { metric: { name }, target } }]);
    expect([minReplicas, maxReplicas]).toEqual([2, 6]);
  });

  it('keeps pods that are at work, if it is told how many may be', () => {
    const { HorizontalPodAutoscaler } = renderedWith('changed values');
    const [queueRatio, running] = HorizontalPodAutoscaler.spec.metrics;
    expect(queueRatio.pods.metric.name).toBe('queue_ratio');
    const { rules } = parse(read('prometheus-adapter.values.yaml'));
    const [, gate] = /limitConcurrency\({ name: '(\w+)'/.exec(read('service/service.ts')) ?? [];
    expect(running).toEqual({
      type: 'Pods',
      pods: {
        metric: { name: rules.custom[1].name.as, selector: { matchLabels: { gate } } },
        target: { type: 'AverageValue', averageValue: '14' },
      },
    });
  });

  it('has the number of pods to itself', () => {
    expect(renderedWith('the default values').Deployment.spec).not.toHaveProperty('replicas');
    const fixed = renderedWith('a fixed number of pods');
    expect(fixed.Deployment.spec.replicas).toBe(3);
    expect(fixed.HorizontalPodAutoscaler).toBeUndefined();
  });

  it('leaves to Kubernetes how it behaves where that is not said', () => {
    const { spec } = renderedWith('changed values').HorizontalPodAutoscaler;
    expect(spec).not.toHaveProperty('behavior');
    expect(spec.metrics[0].pods.target.averageValue).toBe('0.5');
  });
});

describe('the values', () => {
  const validate = new Ajv({ allErrors: true }).compile(
    JSON.parse(read('chart/values.schema.json')),
  );
  const errorsOf = (values: unknown) => {
    validate(values);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message}${params.additionalProperty ? `: ${params.additionalProperty}` : ''}`,
    );
  };

  it('that are the defaults, and all those changed here, are as their schema says', () => {
    for (const values of [defaults, ...Object.values(installations)]) {
      // Helm takes what is null away before it validates.
      const given = JSON.parse(JSON.stringify(values, (_, value) => value ?? undefined));
      expect(errorsOf(given)).toEqual([]);
    }
  });

  it.each<[Values, string]>([
    [{ gate: { maxCount: 0 } }, '/gate/maxCount must be >= 1'],
    [{ gate: { maxcount: 4 } }, '/gate must NOT have additional properties: maxcount'],
    [{ replicas: 4 }, ' must NOT have additional properties: replicas'],
    [{ gate: { maxQueueLength: '16' } }, '/gate/maxQueueLength must be integer'],
    [{ readiness: { maxQueueRatio: -1 } }, '/readiness/maxQueueRatio must be >= 0'],
    [{ shutdown: { timeoutMs: 0.5 } }, '/shutdown/timeoutMs must be integer'],
    [{ service: { port: 70_000 } }, '/service/port must be <= 65535'],
    [{ service: { type: 'Ingress' } }, '/service/type must be equal to one of the allowed values'],
    [{ autoscaling: { targetQueueRatio: 0 } }, '/autoscaling/targetQueueRatio must be > 0'],
    [{ autoscaling: { targetUtilization: 75 } }, '/autoscaling/targetUtilization must be <= 1'],
    [{ autoscaling: { enabled: 'yes' } }, '/autoscaling/enabled must be boolean'],
    [{ serviceMonitor: { interval: '5' } }, '/serviceMonitor/interval must match pattern'],
  ])('%j are refused', (values, message) => {
    expect(errorsOf(values)).toEqual([expect.stringContaining(message)]);
  });

  it('are refused when there would be fewer pods at most than at least', () => {
    const [{ error } = {}] = chart.render([install({ autoscaling: { minReplicas: 10 } })]);
    expect(error).toContain('autoscaling.minReplicas must not be above maxReplicas, got 10 and 6');
  });

  it('have an effect, each of them', () => {
    const leaves = leavesOf(defaults);
    const given = new Map(leavesOf(observed));
    const changed = leaves.map(([path, value]) => {
      return at(path, otherThan(path, given.get(path) ?? value), observed);
    });
    const fixed = { ...observed, autoscaling: { enabled: false } };
    const [before, fixedBefore, ...results] = chart.render(
      [observed, fixed, ...changed].map((values) => install(values)),
    );
    for (const [index, [path]] of leaves.entries()) {
      // It counts when there is no autoscaler.
      if (path === 'replicaCount') continue;
      expect(results[index]?.error, path).toBeUndefined();
      expect(results[index]?.manifests, path).not.toEqual(before?.manifests);
    }
    expect(fixedBefore?.manifests.find(({ kind }) => kind === 'Deployment')?.spec.replicas).toBe(2);
    expect(leaves.length).toBeGreaterThan(30);
  });
});

it('tells where to look after an installation', () => {
  expect(rendered.get('the default values')?.notes).toContain(
    'http://shop-reports.shop:80/reports/1',
  );
  expect(rendered.get('a fixed number of pods')?.notes).not.toContain('custom.metrics');
});

it('brings the dashboard and the alerts as they stand in their files', () => {
  const { ConfigMap, PrometheusRule } = renderedWith('Prometheus Operator and Grafana');
  const dashboard = JSON.parse(read('chart/dashboards/spillway.json'));
  expect(JSON.parse(ConfigMap.data['spillway.json'])).toEqual(dashboard);
  expect(PrometheusRule.spec).toEqual(parse(read('chart/alerts/spillway.yaml')));
});

/** What is not an object with keys of its own, by path. */
function leavesOf(values: Values, under = ''): [path: string, value: unknown][] {
  return Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
    const isParent = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isParent && Object.keys(value).length > 0)
      return leavesOf(value as Values, `${under}${key}.`);
    return [[under + key, value]];
  });
}

function otherThan(path: string, value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}x`;
  if (path === 'imagePullSecrets') return [{ name: 'registry' }];
  return Array.isArray(value) ? [{ key: 'spot' }] : { example: 'changed' };
}

/** The base with one value changed. */
function at(path: string, value: unknown, base: Values): Values {
  const [key = '', ...rest] = path.split('.');
  // A key with dots of its own: a label's.
  const inner = base[key] as Values | undefined;
  return { ...base, [key]: rest.length === 0 ? value : at(rest.join('.'), value, inner ?? {}) };
}
