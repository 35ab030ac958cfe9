import type { Trip } from './breaker/breaker.ts';
import type { Logger } from './logger.ts';
import type { BackendOptions } from './pool/options.ts';
import type { Shares } from './pool/traffic/options.ts';

/**
 * The slots of one limit, which all instances of a service share. Numbers are of this instance
 * unless something else is said.
 */
export interface SharedSlots {
  /** How many requests may run here now. */
  readonly capacity: number;
  /**
   * How many might run here soon, as far as is known: those too whose slots are being asked for, or
   * would be. What is not to be had after all is taken off within milliseconds.
   */
  readonly reachable: number;
  /** Whether nothing may run, because the coordinator cannot be reached. */
  readonly refuses: boolean;
  /**
   * Says how many requests run here and how many would like to. Called whenever that has changed;
   * calls back nobody before it has returned.
   */
  use(running: number, waiting: number): void;
  /** Gives back every slot. Nothing runs here any more. */
  close(): void;
}

/** A change of a pool's traffic, as plain data. */
export type TrafficChange =
  /** Of one level: every backend of it that is there. */
  | { readonly kind: 'shares'; readonly priority: number; readonly shares: Shares }
  | {
      readonly kind: 'shadow';
      readonly id: string;
      readonly proportion: number;
      readonly methods: 'safe' | 'all';
    }
  /** The options as they were given, headers with credentials among them. */
  | { readonly kind: 'added'; readonly id: string; readonly options: BackendOptions }
  | { readonly kind: 'removed'; readonly id: string; readonly drain: boolean; timeoutMs: number };

/** What one instance changes of a pool's traffic, all others do as well. */
export interface SharedTraffic {
  /** The change has been made here. */
  publish(change: TrafficChange): void;
  close(): void;
}

/** What one breaker is told of those of the same name in other instances. */
export interface BreakerHooks {
  tripped(trip: Trip): void;
  closed(): void;
  /** The trial is this instance's to make, or no longer. */
  mayTry(may: boolean): void;
}

/** A breaker that trips and closes in all instances, which make one trial together. */
export interface SharedBreaker {
  /** It has tripped here, or its trip lasts longer than before. */
  tripped(trip: Trip): void;
  /** A trial here has succeeded. */
  closed(): void;
  /** The wait is over: {@link BreakerHooks.mayTry} says when a trial may be made here. */
  awaitTrial(): void;
  /** A trial has begun here, or has ended without a verdict. */
  trial(isUnderWay: boolean): void;
  close(): void;
}

/** Makes a breaker's part that all instances share. */
export type ShareBreaker = (hooks: BreakerHooks) => SharedBreaker;

/** A pool's configuration, for the comparison of instances: no credentials. */
export type PoolSummary = Readonly<Record<string, unknown>>;

/** What the instances of a service have in common; `@spillway/redis` has one. */
export interface Coordinator {
  /**
   * The slots of a limit. Instances that give the same name share them.
   * @param name its parts, the last of which may be anything: a key
   * @param maxCount slots of all instances together
   * @param changed called when anything but {@link SharedSlots.use} has changed them
   */
  slots(name: readonly string[], maxCount: number, changed: () => void): SharedSlots;
  /**
   * The traffic of a pool. Instances that give the same name share it.
   * @param summary to find out whether the instances are configured alike
   * @param apply makes a change that was made elsewhere, or before this instance was there
   */
  traffic(
    pool: string,
    summary: PoolSummary,
    apply: (change: TrafficChange) => void,
  ): SharedTraffic;
  /** A breaker. Instances that give the same name share it. It calls back later, not at once. */
  breaker(name: readonly string[], hooks: BreakerHooks): SharedBreaker;
  /** Called once, in front of everything else. */
  join(context: { readonly logger: Logger }): void;
  /** Gives back what this instance has, and closes its connections. */
  close(): Promise<void>;
}
