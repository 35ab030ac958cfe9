import type { PoolStatus } from '@spillway/core';
import type { SpillwayStatus } from '@spillway/node-http';
import type { CutOff, Surprise } from '../load/load.ts';
import type { Options } from '../options.ts';
import type { End } from '../questions.ts';
import type { RouteCounts } from '../service/route-book.ts';
import type { Vitals } from '../service/vitals.ts';
import type { Account } from './account.ts';
import type { Strike } from './chaos.ts';

/** What was seen at one moment while the load ran. */
export interface Sample extends Vitals {
  /** Since the load began, in milliseconds. */
  readonly at: number;
  /** Requests that have ended so far. */
  readonly ended: number;
  /** Of them, those by each outcome, in the order of `OUTCOMES`. */
  readonly outcomes: readonly number[];
}

/** How many of a gate's slots could be taken at once, when nothing else was at work. */
export interface SlotProbe {
  readonly gate: string;
  readonly slots: number;
  readonly taken: number;
}

/** What the service says of itself when nothing is to be at work any more. */
export interface ServiceState {
  readonly spillway: SpillwayStatus;
  /** Attempts of backends that were removed, by backend. */
  readonly retired: Readonly<Record<string, readonly PoolStatus['backends'][number]['attempts'][]>>;
  /** What came of copies, of each shadow that there ever was; by backend. */
  readonly copies: Readonly<Record<string, readonly PoolStatus['shadows'][number]['requests'][]>>;
  readonly books: Readonly<Record<string, RouteCounts>>;
  readonly complaints: readonly string[];
}

/** All that a soak has found out, before anybody judges it. */
export interface Measurements {
  readonly options: Options;
  /** Since 1970, in milliseconds. */
  readonly startedAt: number;
  /** How long the load ran, in milliseconds. */
  readonly loadMs: number;
  /** How many requests ended how: by kind, then by outcome. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly surprises: readonly Surprise[];
  readonly cutOffs: readonly CutOff[];
  readonly strikes: readonly Strike[];
  readonly changes: number;
  readonly troubles: readonly string[];
  readonly samples: readonly Sample[];
  /** Of the service, before the first request and after the last connection. */
  readonly before: Vitals;
  readonly after: Vitals;
  readonly state: ServiceState;
  /** Requests that backends say they have not answered. */
  readonly unanswered: Readonly<Record<string, number>>;
  readonly probes: readonly SlotProbe[];
  readonly account: Account;
  /** `undefined` when the process did not end by itself in time. */
  readonly end: End | undefined;
}
