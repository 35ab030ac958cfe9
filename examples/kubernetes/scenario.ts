import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import type { AutoscalerOptions } from './autoscaler.ts';

/** What is simulated. The chart's values say how a pod and the autoscaler are set. */
export interface Scenario {
  readonly gate: {
    readonly maxCount: number;
    readonly maxQueueLength: number;
    /** Mean; a report takes from half to one and a half times as long. */
    readonly reportMs: number;
  };
  readonly maxQueueRatio: number;
  readonly probeSeconds: number;
  readonly scrapeSeconds: number;
  readonly autoscaling: AutoscalerOptions;
  /** From the creation of a pod until its process listens. */
  readonly podStartSeconds: number;
  /** Requests a second, before and after the burst. */
  readonly calmRate: number;
  readonly burstRate: number;
  readonly burstFromSeconds: number;
  readonly burstSeconds: number;
  readonly totalSeconds: number;
  readonly seed: number;
}

export interface ScenarioOptions {
  /** Requests a second in the burst. */
  readonly burstRate: number;
  readonly burstSeconds: number;
  /** Values of the chart that are changed, by path: `readiness.maxQueueRatio`. */
  readonly set?: Readonly<Record<string, unknown>>;
}

interface ChartValues {
  readonly gate: Scenario['gate'];
  readonly readiness: { readonly maxQueueRatio: number };
  readonly probes: { readonly readiness: { readonly periodSeconds: number } };
  readonly autoscaling: Omit<AutoscalerOptions, 'targets'> & {
    readonly targetQueueRatio: number;
    readonly targetUtilization: number;
  };
}

const CALM_RATE = 8;
const BURST_FROM_SECONDS = 120;
/** For the stabilization window, and a pod a minute. */
const AFTERMATH_SECONDS = 660;
const SCRAPE_SECONDS = 5;
const POD_START_SECONDS = 5;

/** @throws Error when a value that is set is not one of the chart's, or is refused by its schema */
export function scenarioOf({ burstRate, burstSeconds, set = {} }: ScenarioOptions): Scenario {
  const { gate, readiness, probes, autoscaling } = valuesWith(set);
  const { targetQueueRatio, targetUtilization, ...bounds } = autoscaling;
  return {
    gate,
    maxQueueRatio: readiness.maxQueueRatio,
    probeSeconds: probes.readiness.periodSeconds,
    scrapeSeconds: SCRAPE_SECONDS,
    autoscaling: {
      ...bounds,
      targets: {
        queue_ratio: targetQueueRatio,
        ...(targetUtilization > 0 && { gate_running: targetUtilization * gate.maxCount }),
      },
    },
    podStartSeconds: POD_START_SECONDS,
    calmRate: CALM_RATE,
    burstRate,
    burstFromSeconds: BURST_FROM_SECONDS,
    burstSeconds,
    totalSeconds: BURST_FROM_SECONDS + burstSeconds + AFTERMATH_SECONDS,
    seed: 1,
  };
}

function valuesWith(set: Readonly<Record<string, unknown>>): ChartValues {
  const values = parse(read('values.yaml')) as Record<string, unknown>;
  for (const [path, value] of Object.entries(set)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const parent = keys.reduce<unknown>((inner, key) => fieldsOf(inner)[key], values);
    if (!(last in fieldsOf(parent))) throw new Error(`the chart has no value ${path}`);
    fieldsOf(parent)[last] = value;
  }
  const ajv = new Ajv();
  if (!ajv.validate(JSON.parse(read('values.schema.json')), values)) {
    throw new Error(`the chart's schema says: ${ajv.errorsText(undefined, { dataVar: 'values' })}`);
  }
  return values as unknown as ChartValues;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, 'chart', name), 'utf8');
}
