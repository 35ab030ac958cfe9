import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  PrometheusRule,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import type { Manifest } from './render-chart.ts';

interface Model {
  new (data: never): { validate(): void };
  readonly apiVersion: string;
  readonly kind: string;
}

const monitoring = '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
const models: readonly [model: Model, from: string][] = [
  [Deployment, 'kubernetes-models/apps/v1'],
  [Service, 'kubernetes-models/v1'],
  [ConfigMap, 'kubernetes-models/v1'],
  [HorizontalPodAutoscaler, 'kubernetes-models/autoscaling/v2'],
  [PodDisruptionBudget, 'kubernetes-models/policy/v1'],
  [ServiceMonitor, monitoring],
  [PrometheusRule, monitoring],
];

/**
 * What Kubernetes would refuse, and the fields that it does not know: those it drops, or refuses,
 * and neither is what their author meant.
 * @returns a line for each fault
 */
export function faultsOf(manifests: readonly Manifest[]): string[] {
  return [...manifests.flatMap(invalidIn), ...unknownFieldsOf(manifests)];
}

function invalidIn(manifest: Manifest): string[] {
  const known = modelOf(manifest);
  if (known === undefined) return [`${manifest.apiVersion} ${manifest.kind} is not known`];
  try {
    new known[0](manifest as never).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind}: ${(error as Error).message}`];
  }
}

function modelOf({ apiVersion, kind }: Manifest): (typeof models)[number] | undefined {
  return models.find(([model]) => model.apiVersion === apiVersion && model.kind === kind);
}

/** JSON schemas let unknown properties pass; TypeScript refuses them in a literal. */
function unknownFieldsOf(manifests: readonly Manifest[]): string[] {
  const lines = models.map(([{ kind }, from]) => `import type { I${kind} } from '${from}';`);
  for (const [index, manifest] of manifests.entries()) {
    if (modelOf(manifest) === undefined) continue;
    lines.push(`export const m${index}: I${manifest.kind} = ${JSON.stringify(manifest, null, 1)};`);
  }
  const directory = mkdtempSync(join(tmpdir(), 'spillway-manifests-'));
  const root = join(import.meta.dirname, '../..');
  try {
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(directory, 'manifests.ts'), lines.join('\n'));
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--pretty'];
    execFileSync(join(root, 'node_modules/.bin/tsc'), [...flags, 'false', 'manifests.ts'], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer };
    if (stdout === undefined) throw error;
    return stdout.toString().trim().split('\n');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
