import type { BreakerHooks, SharedBreaker } from './breaker/shared-breaker.ts';
import type { SharedSlots } from './gate/shared-slots.ts';
import type { Logger } from './logger.ts';
import type { PoolSummary, SharedTraffic, TrafficChange } from './pool/traffic/shared-traffic.ts';

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
