import type { InstanceState } from './instance.ts';
import type { ProcessorUsage } from './usage.ts';

/** An instance's state, as `status()` shows it. */
export interface InstanceStatus {
  readonly id: string;
  readonly state: InstanceState;
  /** Absent while it has no process. */
  readonly pid?: number;
  readonly port?: number;
  /** How often its process has died and was replaced. */
  readonly restarts: number;
}

/** Processor time that an instance has used since its process was started. */
export interface InstanceUsage extends ProcessorUsage {
  readonly instance: string;
  readonly pid: number | undefined;
}

/** What a scaler tells of its instances. */
export interface ShowsInstances {
  readonly name: string;
  status(): { readonly name: string; readonly instances: readonly InstanceStatus[] };
  usage(): Promise<InstanceUsage[]>;
}
