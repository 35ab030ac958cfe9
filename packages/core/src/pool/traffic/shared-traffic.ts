import type { BackendOptions } from '../options.ts';
import type { Shares } from './options.ts';

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

/** A pool's configuration, for the comparison of instances: no credentials. */
export type PoolSummary = Readonly<Record<string, unknown>>;
