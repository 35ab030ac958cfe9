import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { processorUseByInstance, type ScalingDecision } from '@spillway/autoscale';
import { createGateway } from './gateway.ts';
import { type Call, sendLoad } from './load.ts';
import type { Scenario } from './scenario.ts';
import { seededRandom } from './seeded-random.ts';
import { iterationsFor } from './work.ts';

/** What was seen at one sample. Times are milliseconds since the start of the load. */
export interface Sample {
  readonly at: number;
  readonly decision: ScalingDecision;
  /** Processor use of each instance since the sample before, by its id. */
  readonly use: Readonly<Record<string, number>>;
}

/** Everything measured in one run; nothing in it is computed from what was expected. */
export interface Measurements {
  readonly iterations: number;
  readonly calls: readonly Call[];
  readonly samples: readonly Sample[];
  /** Pids of all processes that served, and of those that were still there when all was over. */
  readonly pids: readonly number[];
  readonly left: readonly number[];
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onCall?: (call: Call) => void;
  readonly onSample?: (sample: Sample) => void;
}

/** The gateway and its callers are this process; no instance outlives the run. */
export async function runAutoscale(
  scenario: Scenario,
  { signal, onCall, onSample }: RunOptions,
): Promise<Measurements> {
  const iterations = iterationsFor(scenario.requestMs);
  const gateway = await createGateway(scenario.rules, { ITERATIONS: String(iterations) });
  const { app, scaler, autoscaler } = gateway;
  const pids = new Set(scaler.status().instances.map(({ pid }) => pid as number));
  scaler.on('join', ({ pid }) => void pids.add(pid as number));
  const server = app.listen(0, '127.0.0.1');
  const calls: Call[] = [];
  const samples: Sample[] = [];
  try {
    await once(server, 'listening');
    const startedAt = performance.now();
    const useOfEach = processorUseByInstance(scaler);
    autoscaler.on('decision', async (decision) => {
      const at = performance.now() - startedAt;
      // One that has just died does not say.
      const sample = { at, decision, use: await useOfEach().catch(() => ({})) };
      samples.push(sample);
      onSample?.(sample);
    });
    await sendLoad({
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      scenario,
      random: seededRandom(scenario.seed),
      signal,
      onCall(call) {
        calls.push(call);
        onCall?.(call);
      },
    });
  } finally {
    await gateway.close(server);
  }
  calls.sort((one, other) => one.at - other.at);
  return { iterations, calls, samples, pids: [...pids], left: [...pids].filter(isAlive) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
