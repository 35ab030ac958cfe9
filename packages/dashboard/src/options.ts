import { ConfigurationError, read } from '@spillway/core';
import type { Role, ScalerStatus } from './contract.ts';

/** Who asks. */
export interface Viewer {
  /** Changes are logged with it. */
  readonly name: string;
  /** A viewer looks; an operator steers, too. */
  readonly role: Role;
}

/** What `autoscale()` of `@spillway/autoscale` gives, as far as the control room looks at it. */
export interface ScalerView {
  status(): ScalerStatus;
  on(event: 'decision', listener: (decision: ScalerDecision) => void): unknown;
  off(event: 'decision', listener: (decision: ScalerDecision) => void): unknown;
}

/** What an autoscaler decided at a sample. */
export interface ScalerDecision {
  readonly action: string;
  readonly reason: string;
  readonly count?: number | undefined;
  readonly target?: number | undefined;
}

/** @typeParam R the framework's requests */
export interface DashboardOptions<R = unknown> {
  /**
   * Says who asks, now or by a promise; `undefined` refuses (403), and what it throws is a 503. It is
   * asked at every request.
   */
  readonly authorize: (
    request: R,
  ) => Viewer | undefined | null | Promise<Viewer | undefined | null>;
  /**
   * Autoscalers to show, by name.
   * @defaultValue none
   */
  readonly scalers?: Readonly<Record<string, ScalerView>> | undefined;
  /**
   * What tokens are made with; at least 32 characters. Instances behind one balancer need the same.
   * @defaultValue drawn at random when the process starts
   */
  readonly tokenSecret?: string | undefined;
  /**
   * Pages and scripts that may listen at once; the next one gets 503.
   * @defaultValue 1_000
   */
  readonly maxStreams?: number | undefined;
  /**
   * The largest body of a change that is read, in bytes.
   * @defaultValue 16_384
   */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Changes of one name in a minute, and as many dry runs.
   * @defaultValue 60
   */
  readonly maxChangesPerMinute?: number | undefined;
}

const AUTHORIZE_RULE =
  'must be a function (request) => ({ name, role }): it says who may look and who may steer, ' +
  'and nobody may without it';

const MIN_SECRET_LENGTH = 32;
const secret: read.Reader<string> = (value, path) => {
  if (typeof value === 'string' && value.length >= MIN_SECRET_LENGTH) return value;
  // The value is a secret, and no part of the message.
  throw new ConfigurationError(
    path,
    `must be a string of at least ${MIN_SECRET_LENGTH} characters`,
  );
};

export const readDashboardOptions = read.object({
  authorize: read.callable<DashboardOptions['authorize']>(AUTHORIZE_RULE),
  scalers: read.optional(read.record(read.having<ScalerView>('status', 'on', 'off')), {}),
  tokenSecret: read.optional(secret),
  maxStreams: read.optional(read.positiveInteger, 1_000),
  maxBodyBytes: read.optional(read.positiveInteger, 16_384),
  maxChangesPerMinute: read.optional(read.positiveInteger, 60),
});

export type ReadDashboardOptions = ReturnType<typeof readDashboardOptions>;
