import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSpillway } from '@spillway/express';
import { answers, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { until } from '@spillway/test/support/until.ts';
import express, { type Express } from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { queriesOf } from '../../examples/kubernetes/dashboard-queries.ts';
import { createService } from '../../examples/kubernetes/service/service.ts';
import { type Prometheus, startPrometheus, type Target } from './prometheus.ts';

const example = join(import.meta.dirname, '../../examples/kubernetes');
const read = (path: string) => readFileSync(join(example, path), 'utf8');

const namespace = 'shop';
const MAX_COUNT = 2;
/** Prometheus scrapes four times a second; a machine that is busy takes its time. */
const SCRAPED = { timeout: 20_000, interval: 50 };

async function listen(app: Express): Promise<{ address: string; close: () => Promise<void> }> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(close);
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function scrapedBy(targets: readonly Target[]): Promise<Prometheus> {
  const prometheus = await startPrometheus(targets);
  onTestFinished(() => prometheus.stop());
  return prometheus;
}

/** The example's service as a pod, whose reports are ready when the test says so. */
async function startPod(pod: string) {
  const unfinished: (() => void)[] = [];
  const { app, spillway } = createService({
    maxCount: MAX_COUNT,
    maxQueueLength: 16,
    maxQueueRatio: 2,
    makeReport: () => new Promise((resolve) => unfinished.push(resolve)),
  });
  const { address, close } = await listen(app);
  onTestFinished(() => spillway.shutdown({ timeoutMs: 0 }));
  const gate = () => spillway.status().gates.reports ?? expect.fail('there is no gate');
  const calls: Promise<number>[] = [];
  return {
    target: { address, labels: { namespace, pod } },
    close,
    ratio: () => gate().queueRatio,
    /** Sends requests, and waits until they are at the gate. */
    async send(count: number): Promise<void> {
      const { running, waiting } = gate();
      for (let sent = 0; sent < count; sent++) {
        calls.push(fetch(`http://${address}/reports/${sent}`).then(({ status }) => status));
      }
      await until(() => expect(gate().running + gate().waiting).toBe(running + waiting + count));
    },
    /** Lets all reports be made, and gives the statuses of their answers. */
    async finish(): Promise<number[]> {
      const answered = Promise.all(calls.splice(0));
      await until(() => {
        for (const resolve of unfinished.splice(0)) resolve();
        expect(gate()).toMatchObject({ running: 0, waiting: 0 });
      });
      return answered;
    },
    readiness: async () => (await fetch(`http://${address}/readyz`)).status,
  };
}

interface Rule {
  readonly seriesQuery: string;
  readonly name: { readonly matches: string; readonly as: string };
  readonly metricsQuery: string;
}

/**
 * What prometheus-adapter asks when the autoscaler wants the metric of a rule of these pods.
 * @param selector the metric's, in the autoscaler's manifest
 */
function adapterQuery(rule: Rule, pods: readonly string[], selector = ''): string {
  const series = rule.name.matches.replace(/^\^(.+)\$$/, '$1');
  return rule.metricsQuery
    .replaceAll('<<.Series>>', series)
    .replaceAll(
      '<<.LabelMatchers>>',
      `namespace="${namespace}",pod=~"${pods.join('|')}"${selector}`,
    )
    .replaceAll('<<.GroupBy>>', 'pod');
}

it('tells the autoscaler the true queue ratio of each pod, in a burst and after it', async () => {
  const [a, b] = [await startPod('reports-a'), await startPod('reports-b')];
  const prometheus = await scrapedBy([a.target, b.target]);
  const { custom } = parse(read('prometheus-adapter.values.yaml')).rules;
  const [ratioRule, runningRule] = custom as [Rule, Rule];
  const pods = ['reports-a', 'reports-b'];
  const byPod = async (query: string) =>
    Object.fromEntries(
      (await prometheus.query(query)).map(({ labels, value }) => [labels.pod, value]),
    );
  const ratios = () => byPod(adapterQuery(ratioRule, pods));
  const running = () => byPod(adapterQuery(runningRule, pods, ',gate="reports"'));
  /** Prometheus agrees with what the pods say of themselves. */
  async function expectTruth(ratioA: number, ratioB: number): Promise<void> {
    expect([a.ratio(), b.ratio()]).toEqual([ratioA, ratioB]);
    const truth = { 'reports-a': ratioA, 'reports-b': ratioB };
    await expect.poll(ratios, SCRAPED).toEqual(truth);
  }

  await expectTruth(0, 0);
  // What runs is not counted.
  await a.send(MAX_COUNT);
  await a.send(3);
  await expectTruth(1.5, 0);
  expect(await a.readiness()).toBe(200);
  await a.send(4);
  await b.send(MAX_COUNT + 1);
  await expectTruth(3.5, 0.5);
  expect(await running()).toEqual({ 'reports-a': MAX_COUNT, 'reports-b': MAX_COUNT });
  expect(await a.readiness()).toBe(429);
  expect(await b.readiness()).toBe(200);

  // And does not stay where the burst has left it.
  expect(await a.finish()).toEqual(Array(9).fill(200));
  await expectTruth(0, 0.5);
  expect(await a.readiness()).toBe(200);
  expect(await b.finish()).toEqual(Array(3).fill(200));
  await expectTruth(0, 0);

  for (const { seriesQuery, name } of [ratioRule, runningRule]) {
    const found = await prometheus.series(seriesQuery);
    expect(found.map(({ pod }) => pod).sort()).toEqual(pods);
    for (const { __name__ = '' } of found) expect(__name__).toMatch(new RegExp(name.matches));
  }
  // A pod that is gone is missing, and not remembered as idle or as busy.
  await b.close();
  await expect.poll(ratios, SCRAPED).toEqual({ 'reports-a': 0 });
});

/** A pod with everything that there are metrics of. */
async function startBusyPod(): Promise<Target> {
  const [ptu, payg] = [await startBackend(refuses()), await startBackend(answers(200))];
  const spillway = createSpillway();
  onTestFinished(() => spillway.shutdown({ timeoutMs: 0 }));
  const chat = spillway.pool('chat', {
    backends: [
      { id: 'ptu', url: ptu.url, breaker: { failureCount: 1, statusCodes: [429] } },
      { id: 'payg', url: payg.url, priority: 2 },
      { id: 'candidate', url: payg.url, priority: 2, weight: 0 },
    ],
  });
  chat.setShadow('candidate', 1, { compare: () => false });
  const app = express();
  app.get('/metrics', spillway.metrics());
  app.get('/full', spillway.limitConcurrency({ name: 'full', maxCount: 1 }), () => {});
  const { address } = await listen(app);
  for (let count = 0; count < 3; count++) await (await chat.fetch('/')).text();
  const leaving = new AbortController();
  const { signal } = leaving;
  fetch(`http://${address}/full`, { signal }).catch(() => {});
  onTestFinished(() => leaving.abort());
  await until(() => expect(spillway.status().gates.full?.running).toBe(1));
  expect((await fetch(`http://${address}/full`)).status).toBe(429);
  return { address, labels: { namespace, pod: 'gateway-a' } };
}

/** What kube-state-metrics tells of that pod. */
async function startKubeStateMetrics(): Promise<Target> {
  const app = express();
  app.get('/metrics', (_req, res) => {
    res.type('text/plain').send('kube_pod_status_ready{condition="true"} 1\n');
  });
  const { address } = await listen(app);
  return { address, labels: { namespace, pod: 'gateway-a' } };
}

it('has something to show in every panel of the dashboard', async () => {
  const prometheus = await scrapedBy([await startBusyPod(), await startKubeStateMetrics()]);
  const queries = queriesOf(JSON.parse(read('chart/dashboards/spillway.json')));
  const variables = { $namespace: namespace, $pod: '.*', $__rate_interval: '1m' };
  for (const { panel, expr, legend } of queries) {
    const promql = Object.entries(variables).reduce(
      (text, [name, value]) => text.replaceAll(name, value),
      expr,
    );
    expect(promql).not.toContain('$');
    await expect.poll(() => prometheus.query(promql), SCRAPED).not.toEqual([]);
    const [{ labels } = { labels: {} }] = await prometheus.query(promql);
    for (const [, label = ''] of legend.matchAll(/{{(\w+)}}/g)) {
      expect(Object.keys(labels), `${panel}: ${legend}`).toContain(label);
    }
  }
});
