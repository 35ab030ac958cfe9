import { type SimulatorStats, spawnSimulator } from '@spillway/azure-openai-simulator';
import { type GatewayProcess, startGateway } from './gateway-process.ts';
import { type Call, runLoad } from './load.ts';
import type { Scenario } from './scenario.ts';

/** Everything measured in one run; nothing in it is computed from what was expected. */
export interface Measurements {
  readonly calls: readonly Call[];
  /** When the first user began, on the clock of the simulators' records. */
  readonly startedAt: number;
  readonly ptu: SimulatorStats;
  readonly payg: SimulatorStats;
  /** The gateway's `/metrics`, read after the last answer. */
  readonly metrics: string;
  readonly gatewayEndedByItself: boolean;
}

const RECORD_LIMIT = 20_000;

/** Two deployments and the gateway, each a process of its own; none of them outlives the run. */
export async function runSpillover(
  scenario: Scenario,
  options: {
    readonly signal: AbortSignal;
    readonly onStart: (gateway: Pick<GatewayProcess, 'controlRoom'>) => void;
    readonly onCall: (call: Call) => void;
  },
): Promise<Measurements> {
  const keys = { ptu: 'key-of-ptu1', payg: 'key-of-payg1' };
  const shared = { timeScale: scenario.timeScale, timePerTokenMs: 10, recordLimit: RECORD_LIMIT };
  const stops: (() => Promise<unknown>)[] = [];

  async function spawn(...settings: Parameters<typeof spawnSimulator>) {
    const simulator = await spawnSimulator(...settings);
    stops.push(simulator.stop);
    return simulator;
  }

  try {
    const ptu = await spawn({
      ...shared,
      region: 'ptu1',
      apiKey: keys.ptu,
      tokensPerMinute: scenario.ptuTokensPerMinute,
      retryAfterStyle: 'milliseconds',
      timeToFirstByteMs: 300,
      seed: 1,
    });
    const payg = await spawn({
      ...shared,
      region: 'payg1',
      apiKey: keys.payg,
      tokensPerMinute: scenario.paygTokensPerMinute,
      timeToFirstByteMs: 450,
      seed: 2,
    });
    const gateway = await startGateway({
      ptu: { url: `${ptu.url}/openai`, key: keys.ptu },
      payg: { url: `${payg.url}/openai`, key: keys.payg },
      ptuBreaker: {
        failureCount: 3,
        statusCodes: [429],
        acceptRetryAfter: true,
        ...scenario.breaker,
      },
    });
    stops.push(gateway.stop);
    options.onStart(gateway);

    const calls: Call[] = [];
    const startedAt = performance.timeOrigin + performance.now();
    await runLoad({
      baseURL: `${gateway.url}/openai/v1`,
      scenario,
      signal: options.signal,
      onCall(call) {
        // A run without an end is looked at while it goes on, and never summed up.
        if (!scenario.isOpenEnded) calls.push(call);
        options.onCall(call);
      },
    });
    const metrics = await readMetrics(gateway);
    const gatewayEndedByItself = await gateway.stop();
    const [ptuStats, paygStats] = await Promise.all([ptu.stats(), payg.stats()]);
    calls.sort((one, other) => one.at - other.at);
    return { calls, startedAt, ptu: ptuStats, payg: paygStats, metrics, gatewayEndedByItself };
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
}

async function readMetrics({ url }: GatewayProcess): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
  if (!response.ok) throw new Error(`GET /metrics answered ${response.status}`);
  return response.text();
}
