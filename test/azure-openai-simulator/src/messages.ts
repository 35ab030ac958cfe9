import type { SimulatorSettings } from './options.ts';
import type { SimulatorStats } from './request-log.ts';

/** What `spawnSimulator` asks of its process; every request gets one reply with the same `id`. */
export type ParentMessage = { readonly id: number } & (
  | { readonly ask: 'listen'; readonly port: number }
  | { readonly ask: 'configure'; readonly settings: Partial<SimulatorSettings> }
  | { readonly ask: 'stats' }
  | { readonly ask: 'reset' }
);

export interface ChildMessage {
  readonly id: number;
  readonly error?: string;
  readonly value?: string | SimulatorStats | undefined;
}
