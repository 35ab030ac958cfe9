import { attempts, backendStatus, poolStatus } from '../../support/statuses.ts';
import type { Measurements, Sample, ServiceState } from '../conduct/measurements.ts';
import { KINDS, OUTCOMES } from '../kinds.ts';

const MIB = 2 ** 20;
/** Between two samples: forty of them make 2.4 million. */
const REQUESTS = 60_000;

const vitals = {
  heapUsed: 30 * MIB,
  external: 14 * MIB,
  rss: 150 * MIB,
  handles: { TCPServerWrap: 1, PipeWrap: 2 },
  delayMs: 10,
  processorMs: 1_000,
};

/** Forty samples of a heap that is the same but for what chance adds, and sinks now and then. */
export function samplesOf(heapUsed: (ended: number) => number): Sample[] {
  return Array.from({ length: 40 }, (_, index) => {
    const ended = (index + 1) * REQUESTS;
    const chance = [0.3, -0.4, 0.1, 0, -0.2][index % 5] as number;
    return {
      ...vitals,
      heapUsed: heapUsed(ended) + chance * MIB,
      at: (index + 1) * 2_000,
      ended,
      outcomes: OUTCOMES.map(() => 0),
    };
  });
}

const gate = { maxCount: 3, maxQueueLength: 9, running: 0, waiting: 0, queueRatio: 0 };

/** What a service says in which nothing is left. */
export function stateOf(change: Partial<ServiceState> = {}): ServiceState {
  return {
    spillway: {
      shuttingDown: false,
      gates: { limited: { ...gate, rejections: { queue_full: 3, request_timeout: 2 } } },
      breakers: {},
      pools: {
        pool: poolStatus('pool', {
          backends: [backendStatus('b1', { attempts: attempts({ success: 60, reset: 3 }) })],
        }),
      },
      requests: {},
      processor: { useRatio: 0.5, overMs: 1_000 },
    },
    retired: { b1: [attempts({ success: 20, timeout: 1 })] },
    copies: { candidate: [{ ...attempts({ success: 5 }), dropped: 7 }] },
    books: { limited: { arrived: 100, entered: 90, ended: 90, left: 7, most: 3 } },
    complaints: [],
    ...change,
  };
}

/** Measurements with which all is well, but for what a test changes. */
export function fabricated(change: Partial<Measurements> = {}): Measurements {
  const ok = Object.fromEntries(KINDS.map(({ name }) => [name, { ok: 10, left: 1 }]));
  return {
    options: { durationMs: 80_000, framework: 'express', seed: 1, callers: 96, sabotages: [] },
    startedAt: 1_000_000,
    loadMs: 80_000,
    counts: ok,
    surprises: [],
    cutOffs: [],
    strikes: [{ blow: 'kill', servedBy: 'b1.0', at: 1_010_000, until: 1_012_000 }],
    changes: 5,
    troubles: [],
    samples: samplesOf(() => 30 * MIB),
    before: vitals,
    after: vitals,
    state: stateOf(),
    unanswered: { b1: 0 },
    probes: [{ gate: 'limited', slots: 3, taken: 3 }],
    account: {
      received: { b1: 82, candidate: 5 },
      posts: 10,
      twice: [],
      unserved: [],
      servedThough: [],
      unknown: [],
    },
    end: { code: 0, signal: null, said: '' },
    ...change,
  };
}
