/**
 * What the control room's API says and takes, as plain data. Types alone: the page imports them, and
 * so may whoever calls the API.
 */
import type { RolloutLimits, RolloutReport, Shares } from '@spillway/core';
import type { SpillwayStatus } from '@spillway/node-http';

/** A viewer looks; an operator steers, too. */
export type Role = 'viewer' | 'operator';

/** `GET /session`: who asks, and what every change has to carry. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  /** To be sent as the header `x-spillway-token` with every change. */
  readonly token: string;
}

/** One of an autoscaler's two rules, as its `status()` has it. */
export interface ScalerRuleStatus {
  /** Over the window; absent unless that is full. */
  readonly average?: number | undefined;
  /** What is left of the cooldown, in milliseconds. */
  readonly cooldownMs: number;
}

/** An autoscaler's state; `autoscale()` of `@spillway/autoscale` gives one that has more. */
export interface ScalerStatus {
  readonly name: string;
  readonly running: boolean;
  readonly min: number;
  readonly max: number;
  /** Instances, as the scaler said at the last sample. */
  readonly count?: number | undefined;
  /** Where a scaling is under way, how many there are to be. */
  readonly target?: number | undefined;
  /** The last one; absent when it is missing. */
  readonly sample?: number | undefined;
  readonly scaleOut: ScalerRuleStatus;
  readonly scaleIn: ScalerRuleStatus;
  /** How often it was decided so, by reason. */
  readonly decisions: Readonly<Record<string, number>>;
  /** By what was asked. */
  readonly failures: Readonly<Record<string, number>>;
}

/** By pool and backend id. */
export type ByBackend = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** `GET /status`, and the data of the event `status`. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `PID@HOST` of the process that says it. */
  readonly instance: string;
  /** When the control room of this process began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** As `spillway.status()` gives it. */
  readonly status: SpillwayStatus;
  readonly scalers: Readonly<Record<string, ScalerStatus>>;
  /**
   * Share of its level's attempts in the last 60 s, from 0 to 1; all of a level are 0 where it had
   * none.
   */
  readonly received: ByBackend;
}

/** Times within one interval; `null` where nothing was answered. */
export interface Percentiles {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** What came of the attempts at a pool's backends, whose times the percentiles are of. */
export interface PoolPoint extends Percentiles {
  /** Attempts that ended with an answer or without, by backend, per second. */
  readonly requests: Readonly<Record<string, number>>;
  /** Those of them that were refused (429) or failed, per second. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface GatePoint {
  readonly queueRatio: number;
  readonly running: number;
  readonly waiting: number;
}

/** How the callers of a pool or a route fared, whose times the percentiles are of. */
export interface PolicyPoint extends Percentiles {
  /** Callers that were answered, per second. */
  readonly requests: number;
}

/** One interval of the charts, and the data of the event `point`. */
export interface Point {
  /** When the interval ended, in milliseconds since the epoch. */
  readonly at: number;
  readonly pools: Readonly<Record<string, PoolPoint>>;
  readonly gates: Readonly<Record<string, GatePoint>>;
  /** How callers fared, by pool and route. */
  readonly policies: Readonly<Record<string, PolicyPoint>>;
}

/** `GET /history`: the last 15 minutes. */
export interface History {
  readonly intervalMs: number;
  /** Up to 180, the oldest first. */
  readonly points: readonly Point[];
}

export type LogKind =
  | 'trip'
  | 'recover'
  | 'traffic'
  | 'rollout'
  | 'spillover'
  | 'shadow'
  | 'change'
  | 'scale'
  | 'shutdown';

/** Something that has happened; the data of the event `log`, whose id is its own. */
export interface LogEntry {
  /** Rising, from 1. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: LogKind;
  readonly pool?: string;
  readonly backend?: string;
  /** A route, or an autoscaler. */
  readonly policy?: string;
  /** Who did it, by the name that `authorize` gave. */
  readonly by?: string;
  /** One sentence for a person. */
  readonly text: string;
  /** The values behind it: a {@link RolloutReport}, for example. */
  readonly details?: Readonly<Record<string, unknown>> | RolloutReport;
}

/** `GET /log`: the latest, the oldest first. */
export interface Log {
  readonly entries: readonly LogEntry[];
}

/** What a change does, or with `?dryRun=true` would do. */
export interface Change {
  /** False of a dry run. */
  readonly applied: boolean;
  readonly by: string;
  /** What it is, in a few words. */
  readonly summary: string;
  /** One sentence for each effect. */
  readonly effects: readonly string[];
  /** What is changed, as it was. */
  readonly before: Readonly<Record<string, unknown>>;
  /** The same as it is then. */
  readonly after: Readonly<Record<string, unknown>>;
}

/** `PUT /pools/{pool}/traffic` */
export interface TrafficRequest {
  /** Of one level, by backend id; they sum to 1. */
  readonly shares: Shares;
}

/** `POST /pools/{pool}/rollouts` */
export interface RolloutRequest {
  readonly to: string;
  readonly steps: readonly number[];
  readonly intervalMs: number;
  readonly abort?: RolloutLimits;
}

/** `POST /pools/{pool}/backends/{id}/drain` */
export interface DrainRequest {
  /** What is left then is cut off, in milliseconds; 30 000 unless given. */
  readonly timeoutMs?: number;
}

/** `POST /pools/{pool}/backends/{id}/trip` and `POST /breakers/{name}/trip` */
export interface TripRequest {
  readonly durationMs: number;
}

/** `PUT /pools/{pool}/shadows/{id}` */
export interface ShadowRequest {
  /** From 0, which ends it, to 1. */
  readonly proportion: number;
  readonly methods?: 'safe' | 'all';
}

export type ApiProblemCode =
  | 'forbidden'
  | 'authorization_failed'
  | 'not_found'
  | 'method_not_allowed'
  | 'wrong_role'
  | 'wrong_origin'
  | 'wrong_content_type'
  | 'wrong_token'
  | 'too_many_changes'
  | 'too_many_streams'
  | 'body_too_large'
  | 'body_not_json'
  | 'invalid_change'
  | 'impossible_now'
  | 'page_not_built'
  | 'shutting_down'
  | 'internal_error';

/** Every error, as `application/problem+json` (RFC 9457). */
export interface ApiProblem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ApiProblemCode;
  /** Of `invalid_change`, and of `impossible_now` where a pool refuses: the path of what is wrong. */
  readonly option?: string;
  /** What it must be. */
  readonly rule?: string;
}
