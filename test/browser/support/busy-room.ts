import type { BackendStatus } from '@spillway/core';
import type { LogEntry, Point } from '@spillway/dashboard';
import { attempts, backendStatus, poolStatus } from '../../support/statuses.ts';
import type { Said } from './fake-room.ts';

const POINTS = 180;
const INTERVAL_MS = 5_000;

export const backend = (id: string, more: Partial<BackendStatus> = {}): BackendStatus =>
  backendStatus(id, { url: `https://${id}.example/openai`, ...more });

const chat = poolStatus('chat', {
  running: 14,
  waiting: 2,
  spillovers: [{ from: 1, to: 2, count: 3_870 }],
  rejections: { no_backend: 4 },
  backends: [
    backend('ptu1', {
      available: false,
      weight: 2,
      attempts: attempts({ success: 53_219, throttled: 2_120, client_error: 12 }),
      breaker: { state: 'open', trips: 70, remainingMs: 42_000 },
    }),
    backend('ptu2', {
      running: 12,
      maxCount: 12,
      available: false,
      attempts: attempts({ success: 26_804, throttled: 900, reset: 2 }),
      breaker: { state: 'closed', trips: 11, remainingMs: 0 },
    }),
    backend('payg1', {
      priority: 2,
      running: 2,
      attempts: attempts({ success: 3_870, server_error: 3 }),
      breaker: { state: 'closed', trips: 0, remainingMs: 0 },
    }),
  ],
});

const rollout = {
  to: 'v2',
  decision: 'step',
  reason: '',
  state: 'running',
  share: 0.1,
  requests: 412,
  failureRatio: 0.004,
  latencyMs: 41,
  oldRequests: 5_020,
  oldFailureRatio: 0.002,
  oldLatencyMs: 38,
} as const;

const api = poolStatus('api', {
  running: 3,
  backends: [
    backend('v1', { weight: 9, url: 'http://10.0.3.11:8080/', running: 3 }),
    backend('v2', { weight: 1, url: 'http://10.0.3.12:8080/' }),
    backend('candidate', { weight: 0, url: 'http://10.0.3.13:8080/' }),
  ].map((one, index) => ({
    ...one,
    attempts: attempts({ success: [9_210, 1_021, 0][index] ?? 0 }),
  })),
  rollouts: [rollout],
  shadows: [
    {
      backend: 'candidate',
      proportion: 0.1,
      methods: 'safe',
      inFlight: 1,
      requests: { ...attempts({ success: 1_002, server_error: 2 }), dropped: 0 },
      compared: 1_000,
      mismatches: 3,
      samples: [
        {
          method: 'GET',
          path: '/items/17',
          reason: '500 instead of 200',
          primaryStatus: 200,
          shadowStatus: 500,
        },
      ],
    },
  ],
});

const level = (requestsPerMinute: number, meanMs: number, failureRatio = 0) => ({
  total: requestsPerMinute * 300,
  failed: 20,
  requestsPerMinute,
  failureRatio,
  meanMs,
  apdex: 0.94,
  apdexMs: 500,
});

/** A service in the middle of a spike, with one of everything. */
export function busyRoom(): Said {
  const at = Date.now();
  return {
    snapshot: {
      at,
      instance: '4711@gateway-7d9f6c-x2kq8',
      startedAt: at - 93_600_000,
      status: {
        shuttingDown: false,
        gates: {
          reports: {
            maxCount: 20,
            maxQueueLength: 100,
            running: 20,
            waiting: 31,
            queueRatio: 1.55,
            rejections: { queue_full: 17 },
          },
          tenants: {
            maxCount: 5,
            maxQueueLength: 20,
            running: 41,
            waiting: 3,
            queueRatio: 0.4,
            keys: 212,
            rejections: {},
          },
        },
        breakers: {
          search: { state: 'open', trips: 3, remainingMs: 4_000, rejections: { circuit_open: 96 } },
        },
        pools: { chat, api },
        requests: {
          chat: level(812, 1_240, 0.012),
          api: level(640, 38),
          reports: level(220, 2_310),
          tenants: level(1_204, 12),
          search: level(90, 210, 0.31),
        },
        processor: { useRatio: 0.37, overMs: 60_000 },
      },
      scalers: {
        workers: {
          name: 'workers',
          running: true,
          min: 1,
          max: 8,
          count: 3,
          target: 4,
          sample: 0.82,
          scaleOut: { average: 0.78, cooldownMs: 0 },
          scaleIn: { average: 0.61, cooldownMs: 45_000 },
          decisions: { steady: 212, above: 2, cooldown: 12 },
          failures: { metric: 0, current: 0, scaleTo: 1 },
        },
      },
      received: {
        chat: { ptu1: 0.58, ptu2: 0.42, payg1: 1 },
        api: { v1: 0.902, v2: 0.098, candidate: 0 },
      },
    },
    points: Array.from({ length: POINTS }, (_, index) => pointAt(at, index)),
    entries: entriesUntil(at),
    role: 'operator',
    refusal: undefined,
    answer: ({ dryRun }) => ({
      applied: !dryRun,
      by: 'Ada',
      summary: 'the shares of api, level 1',
      effects: [
        'v2: 10 % → 50 % of level 1 (about 5.3 requests/s at the present rate)',
        'v1: 90 % → 50 % of level 1',
        'The rollout to v2 is superseded.',
      ],
      before: {},
      after: {},
    }),
  };
}

function pointAt(now: number, index: number): Point {
  const isSpike = index > POINTS / 2;
  const wave = Math.sin(index / 9) + Math.sin(index / 2.3) / 3;
  const total = (isSpike ? 12.5 : 6) + wave;
  const ptu = Math.min(total, 8.4 + wave / 4);
  return {
    at: now - (POINTS - 1 - index) * INTERVAL_MS,
    pools: {
      chat: {
        requests: { ptu1: ptu * 0.62, ptu2: ptu * 0.38, payg1: total - ptu },
        refused: { ptu1: isSpike ? 1.2 + wave / 3 : 0, ptu2: 0, payg1: 0 },
        p50Ms: null,
        p99Ms: null,
      },
      api: {
        requests: { v1: 9.6 + wave, v2: index > 140 ? 1.1 : 0.1, candidate: 0 },
        refused: {},
        p50Ms: null,
        p99Ms: null,
      },
    },
    gates: {
      reports: { queueRatio: isSpike ? 1.2 + wave / 3 : 0.1, running: 20, waiting: 31 },
      tenants: { queueRatio: 0.3 + wave / 8, running: 41, waiting: 3 },
    },
    policies: {
      chat: {
        requests: total,
        p50Ms: 900 + 90 * wave,
        p99Ms: (isSpike ? 3_400 : 2_100) + 300 * wave,
      },
      api: { requests: 10, p50Ms: 31 + wave, p99Ms: index % 40 === 7 ? null : 92 + 9 * wave },
    },
  };
}

function entriesUntil(now: number): LogEntry[] {
  const report = { ...rollout, decision: 'step', reason: 'step 2 of 4' } as const;
  const first = { ...report, share: 0.01, reason: 'step 1 of 4', requests: 0 };
  const held = {
    ...report,
    decision: 'hold',
    share: 0.01,
    requests: 12,
    reason: 'fewer than 20 requests',
  } as const;
  const entries: Omit<LogEntry, 'id' | 'at'>[] = [
    {
      kind: 'change',
      pool: 'api',
      by: 'Ada',
      text: 'started a rollout to v2: 1 %, 10 %, 50 %, 100 %',
    },
    { kind: 'rollout', pool: 'api', text: 'v2 gets 1 %: step 1 of 4', details: first },
    { kind: 'trip', pool: 'chat', backend: 'ptu1', text: 'ptu1 tripped for 42 s: it answered 429' },
    { kind: 'spillover', pool: 'chat', text: '61 requests were served by level 2' },
    {
      kind: 'rollout',
      pool: 'api',
      text: 'v2 stays at 1 %: fewer than 20 requests',
      details: held,
    },
    { kind: 'recover', pool: 'chat', backend: 'ptu2', text: 'ptu2 serves again' },
    { kind: 'scale', policy: 'workers', text: '3 → 4 instances: the average 0.78 is above 0.7' },
    { kind: 'rollout', pool: 'api', text: 'v2 gets 10 %: step 2 of 4', details: report },
    {
      kind: 'shadow',
      pool: 'api',
      backend: 'candidate',
      text: 'candidate answered otherwise: 500 instead of 200',
    },
    { kind: 'trip', pool: 'chat', backend: 'ptu1', text: 'ptu1 tripped for 60 s: it answered 429' },
    { kind: 'spillover', pool: 'chat', text: '58 requests were served by level 2' },
  ];
  return entries.map((entry, index) => ({
    ...entry,
    id: index + 1,
    at: now - (entries.length - index) * 17_000,
  }));
}
