import { PROBLEMS } from '../http/api-error.ts';
import {
  arrayOf,
  body,
  boolean,
  integer,
  mapOf,
  nullable,
  number,
  object,
  oneOf,
  ref,
  type Schema,
  string,
} from './parts.ts';

const share: Schema = { type: 'number', minimum: 0, maximum: 1 };
const positiveMs: Schema = { type: 'number', exclusiveMinimum: 0 };
const percentiles = { p50Ms: nullable('number'), p99Ms: nullable('number') };
const anything: Schema = { type: 'object' };

const breaker = object({
  state: oneOf('closed', 'open', 'half-open'),
  trips: integer,
  remainingMs: number,
});

const backend = object({
  id: string,
  'url?': string,
  priority: number,
  weight: number,
  available: boolean,
  draining: boolean,
  running: integer,
  'maxCount?': integer,
  'breaker?': breaker,
  attempts: mapOf(integer),
});

const report = {
  to: string,
  decision: oneOf('step', 'hold', 'pause', 'resume', 'complete', 'abort', 'supersede'),
  reason: string,
  share,
  requests: integer,
  'failureRatio?': number,
  'latencyMs?': number,
  oldRequests: integer,
  'oldFailureRatio?': number,
  'oldLatencyMs?': number,
};

const pool = object({
  name: string,
  balance: oneOf('weighted', 'random', 'least-requests'),
  running: integer,
  waiting: integer,
  spillovers: arrayOf(object({ from: number, to: number, count: integer })),
  rejections: mapOf(integer),
  backends: arrayOf(backend),
  shadows: arrayOf(
    object({
      backend: string,
      proportion: share,
      methods: oneOf('safe', 'all'),
      inFlight: integer,
      requests: mapOf(integer),
      compared: integer,
      mismatches: integer,
      samples: arrayOf(anything),
    }),
  ),
  rollouts: arrayOf(
    object({
      ...report,
      state: oneOf('running', 'paused', 'completed', 'aborted', 'superseded'),
    }),
  ),
});

const status = object(
  {
    shuttingDown: boolean,
    gates: mapOf(
      object({
        maxCount: integer,
        maxQueueLength: integer,
        running: integer,
        waiting: integer,
        queueRatio: number,
        'keys?': integer,
        rejections: mapOf(integer),
      }),
    ),
    breakers: mapOf({ allOf: [breaker, object({ rejections: mapOf(integer) })] }),
    pools: mapOf(pool),
    requests: mapOf(
      object({
        total: integer,
        failed: integer,
        requestsPerMinute: number,
        'failureRatio?': number,
        'meanMs?': number,
        'apdex?': number,
        apdexMs: number,
      }),
    ),
    processor: object({ useRatio: number, overMs: number }),
  },
  'As `spillway.status()` gives it.',
);

const scalerRule = object({ 'average?': number, cooldownMs: number });

/** By name; the types of `contract.ts` as JSON Schema. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Session: object({ name: string, role: oneOf('viewer', 'operator'), token: string }),
  Snapshot: object({
    at: integer,
    instance: string,
    startedAt: integer,
    status,
    scalers: mapOf(
      object({
        name: string,
        running: boolean,
        min: integer,
        max: integer,
        'count?': integer,
        'target?': integer,
        'sample?': number,
        scaleOut: scalerRule,
        scaleIn: scalerRule,
        decisions: mapOf(integer),
        failures: mapOf(integer),
      }),
    ),
    received: mapOf(mapOf(share)),
  }),
  Point: object({
    at: integer,
    pools: mapOf(object({ requests: mapOf(number), refused: mapOf(number), ...percentiles })),
    gates: mapOf(object({ queueRatio: number, running: integer, waiting: integer })),
    policies: mapOf(object({ requests: number, ...percentiles })),
  }),
  History: object({ intervalMs: { const: 5_000 }, points: arrayOf(ref('Point')) }),
  LogEntry: object({
    id: integer,
    at: integer,
    kind: oneOf(
      'trip',
      'recover',
      'traffic',
      'rollout',
      'spillover',
      'shadow',
      'change',
      'scale',
      'shutdown',
    ),
    'pool?': string,
    'backend?': string,
    'policy?': string,
    'by?': string,
    text: string,
    'details?': anything,
  }),
  Log: object({ entries: arrayOf(ref('LogEntry')) }),
  Change: object({
    applied: boolean,
    by: string,
    summary: string,
    effects: arrayOf(string),
    before: anything,
    after: anything,
  }),
  TrafficRequest: body({ shares: { ...mapOf(share), minProperties: 1 } }),
  RolloutRequest: body({
    to: string,
    steps: { ...arrayOf({ ...share, exclusiveMinimum: 0 }), minItems: 1 },
    intervalMs: positiveMs,
    'abort?': body({
      'failureRatio?': { type: 'number', minimum: 0 },
      'latencyMs?': { type: 'number', minimum: 0 },
      'minimumRequests?': { type: 'integer', minimum: 1 },
    }),
  }),
  DrainRequest: body({ 'timeoutMs?': positiveMs }),
  TripRequest: body({ durationMs: positiveMs }),
  ShadowRequest: body({ proportion: share, 'methods?': oneOf('safe', 'all') }),
  EmptyRequest: body({}),
  Problem: object(
    {
      title: string,
      status: integer,
      detail: string,
      code: oneOf(...Object.keys(PROBLEMS)),
      'option?': string,
      'rule?': string,
    },
    'As RFC 9457 describes it.',
  ),
};
