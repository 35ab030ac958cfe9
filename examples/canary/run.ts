import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutReport, RolloutState, ShadowStatus } from '@spillway/express';
import { type Answer, sendLoad } from './load.ts';
import type { Scenario } from './scenario.ts';
import { seededRandom } from './seeded-random.ts';
import { compareAnswers, createService, rolloutOfV2 } from './service.ts';
import { makeVersion, type Version, type VersionOptions } from './versions.ts';

/** What is the matter with the version that is rolled out. */
export type Trouble = 'none' | 'fails' | 'slow';

/** A decision of the rollout, and what the versions had counted by then. */
export interface Decision {
  /** Milliseconds since the load began. */
  readonly atMs: number;
  readonly report: RolloutReport;
  readonly v1: number;
  readonly v2: number;
}

export interface RolloutMeasurements {
  readonly state: RolloutState;
  readonly decisions: readonly Decision[];
  /** Times of both, and of the answers, are milliseconds since the load began. */
  readonly arrivals: { readonly v1: readonly number[]; readonly v2: readonly number[] };
  readonly failedByV2: number;
  readonly answers: readonly Answer[];
  readonly elapsedMs: number;
}

export interface ShadowMeasurements {
  readonly answers: readonly Answer[];
  readonly askedOfV1: number;
  readonly v2: ShadowMeasurement;
  readonly v3: ShadowMeasurement;
}

export interface ShadowMeasurement {
  readonly status: ShadowStatus;
  /** Counted by the version itself. */
  readonly asked: number;
  readonly failed: number;
  readonly wrong: number;
}

export interface RunState {
  readonly elapsedMs: number;
  readonly answered: number;
  readonly failed: number;
  /** Of v2, as asked for, and as it was received of late. */
  readonly share: number | undefined;
  readonly received: { readonly v1: number; readonly v2: number; readonly v3: number };
}

/** Told of the state now and then. */
export type Watch = (state: RunState) => void;

const WATCH_MS = 50;

/** Rolls v2 out under load, and goes on for a while when that has ended, one way or the other. */
export async function runRollout(
  scenario: Scenario,
  trouble: Trouble,
  watch: Watch = () => {},
): Promise<RolloutMeasurements> {
  const { quietMs, intervalMs, minimumRequests, workMs, latencyMs, failureRatio } = scenario;
  const { prices, v1, v2, begin, close } = await start(scenario, watch, {
    v2: {
      workMs: trouble === 'slow' ? workMs.slow : workMs.v2,
      failureRatio: trouble === 'fails' ? failureRatio : 0,
    },
  });
  try {
    const ending = new AbortController();
    const load = begin({ signal: ending.signal });
    const decisions: Decision[] = [];
    const arrived = () => v1.arrivals.length + v2.arrivals.length;
    /** Lasts until somebody has come, however long the machine stands still. */
    const quiet = async () => {
      const before = arrived();
      do await sleep(quietMs);
      while (arrived() === before);
    };
    // Told in the very step in which the shares change: the counts are exact.
    prices.on('rollout', (report) => {
      const atMs = performance.now() - load.startedAt;
      decisions.push({ atMs, report, v1: v1.arrivals.length, v2: v2.arrivals.length });
    });
    await quiet();
    const rollout = prices.rollout({
      ...rolloutOfV2,
      intervalMs,
      abort: {
        ...rolloutOfV2.abort,
        minimumRequests,
        ...(trouble === 'slow' && { latencyMs }),
      },
    });
    const state = await rollout.done;
    await quiet();
    ending.abort();
    const answers = await load.done;
    const elapsed = (times: readonly number[]) => times.map((time) => time - load.startedAt);
    return {
      state,
      decisions,
      arrivals: { v1: elapsed(v1.arrivals), v2: elapsed(v2.arrivals) },
      failedByV2: v2.failed,
      answers: answers.map((each) => ({ ...each, askedAt: each.askedAt - load.startedAt })),
      elapsedMs: performance.now() - load.startedAt,
    };
  } finally {
    await close();
  }
}

/** Serves with v1, and copies requests to v2, which is wrong at times, and to v3, which fails at times. */
export async function runShadows(
  scenario: Scenario,
  watch: Watch = () => {},
): Promise<ShadowMeasurements> {
  const { shadows, workMs, failureRatio } = scenario;
  const { prices, v1, v2, v3, begin, close } = await start(scenario, watch, {
    v2: { workMs: workMs.v2, wrongItem: 8 },
    v3: { workMs: workMs.v2, failureRatio },
  });
  try {
    prices.setShadow('v2', shadows.v2, { compare: compareAnswers });
    prices.setShadow('v3', shadows.v3, { compare: compareAnswers });
    const answers = await begin({ requests: shadows.requests }).done;
    // The last copies may still be under way.
    while (prices.status().shadows.some(({ inFlight }) => inFlight > 0)) await sleep(5);
    const measured = (id: string, version: Version): ShadowMeasurement => ({
      status: prices.status().shadows.find(({ backend }) => backend === id) as ShadowStatus,
      asked: version.arrivals.length,
      failed: version.failed,
      wrong: version.wrong,
    });
    return {
      answers,
      askedOfV1: v1.arrivals.length,
      v2: measured('v2', v2),
      v3: measured('v3', v3),
    };
  } finally {
    await close();
  }
}

type Behaviour = Omit<VersionOptions, 'name' | 'random'>;

/** The service, with its versions, on a port of its own. */
async function start(
  { seed, rate, workMs }: Scenario,
  watch: Watch,
  behaviour: { readonly v2: Behaviour; readonly v3?: Behaviour },
) {
  const of = (name: string, salt: number, given: Behaviour = { workMs: workMs.v1 }) =>
    makeVersion({ name, random: seededRandom(seed * 10 + salt), ...given });
  const v1 = of('v1', 1);
  const v2 = of('v2', 2, behaviour.v2);
  const v3 = of('v3', 3, behaviour.v3);
  const handlers = { v1: v1.handler, v2: v2.handler, v3: v3.handler };
  const { app, spillway, prices } = createService(handlers, seededRandom(seed));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let watching: NodeJS.Timeout | undefined;

  /** Begins the load. */
  function begin(end: { readonly signal?: AbortSignal; readonly requests?: number }) {
    const startedAt = performance.now();
    const answers: Answer[] = [];
    const random = seededRandom(seed * 10);
    const load = sendLoad({
      origin,
      rate,
      random,
      ...end,
      onAnswer: (answer) => void answers.push(answer),
    });
    watching = setInterval(() => {
      watch({
        elapsedMs: performance.now() - startedAt,
        answered: answers.length,
        failed: answers.filter(({ right }) => !right).length,
        share: prices.status().rollouts[0]?.share,
        received: {
          v1: v1.arrivals.length,
          v2: v2.arrivals.length,
          v3: v3.arrivals.length,
        },
      });
    }, WATCH_MS);
    return { startedAt, done: load.then(() => answers) };
  }

  return {
    prices,
    v1,
    v2,
    v3,
    begin,
    async close() {
      clearInterval(watching);
      await spillway.shutdown({ server, timeoutMs: 0 });
    },
  };
}
