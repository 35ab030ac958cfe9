import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Run, startBackend } from './backend.ts';
import { type Caller, startCallers } from './callers.ts';
import type { Scenario } from './scenario.ts';
import { createService } from './service.ts';

/** The callers that give up, once, before they have their answer. */
export type Impatient = 'none' | 'the last' | 'all';

export interface ReplayOptions {
  readonly limited: boolean;
  readonly impatient: Impatient;
  /**
   * When they give up.
   * @defaultValue after `scenario.patienceMs`
   */
  readonly patience?: () => AbortSignal;
  /** Told of the state now and then. */
  readonly watch?: (state: ReplayState) => void;
}

export interface ReplayState {
  readonly elapsedMs: number;
  readonly running: number;
  readonly waiting: number;
  readonly runs: number;
  readonly answered: number;
}

/** What was measured; runs by the backend itself, times since the callers began. */
export interface Measurements {
  readonly runs: readonly (Run & { readonly endedAt: number })[];
  readonly mostAtOnce: number;
  readonly callers: readonly Caller[];
  /** Until the last answer. */
  readonly elapsedMs: number;
}

const WATCH_MS = 50;

/** Sends all jobs at once through the service, with or without the limit in front of the backend. */
export async function replay(scenario: Scenario, options: ReplayOptions): Promise<Measurements> {
  const { jobs, jobMs, limit, patienceMs, impatientCallers } = scenario;
  const { limited, impatient, watch, patience = () => AbortSignal.timeout(patienceMs) } = options;
  const backend = await startBackend(jobMs);
  const { app, spillway } = createService(backend.url, limited ? limit : undefined);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const shared = {
    serviceUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isAtWork: backend.isRunning,
  };
  const patient = { none: jobs, 'the last': jobs - impatientCallers, all: 0 }[impatient];
  const startedAt = performance.now();
  const first = startCallers({ ...shared, firstJob: 1, count: patient });
  const arrived = () => {
    const { running = 0, waiting = 0 } = spillway.status().gates.jobs ?? {};
    return running + waiting;
  };
  // In the order in which they are sent requests arrive mostly, not always; the last must be last.
  while (patient < jobs && arrived() < patient) await sleep(1);
  const last = startCallers({
    ...shared,
    firstJob: patient + 1,
    count: jobs - patient,
    patience,
  });
  const callers = [...first.callers, ...last.callers];
  const watching = setInterval(() => {
    watch?.({
      elapsedMs: performance.now() - startedAt,
      running: backend.running,
      waiting: spillway.status().gates.jobs?.waiting ?? 0,
      runs: backend.runs.length,
      answered: callers.filter(({ answered }) => answered).length,
    });
  }, WATCH_MS);
  try {
    await Promise.all([first.done, last.done]);
    const elapsedMs = performance.now() - startedAt;
    const runs = backend.runs.map(({ job, startedAt: from, endedAt = Number.NaN }) => {
      return { job, startedAt: from - startedAt, endedAt: endedAt - startedAt };
    });
    return { runs, mostAtOnce: backend.mostAtOnce, callers, elapsedMs };
  } finally {
    clearInterval(watching);
    await spillway.shutdown({ server, timeoutMs: 0 });
    await backend.close();
  }
}
