import type { RolloutReport } from '@spillway/core';
import type { LogEntry, LogKind } from '../../src/contract.ts';
import type { IconName } from '../frame/icon.tsx';

export interface Kind {
  readonly name: string;
  readonly icon: IconName;
  /** Read out to those who listen rather than look. */
  readonly spoken: boolean;
}

export const KINDS: Readonly<Record<LogKind, Kind>> = {
  trip: { name: 'Trips', icon: 'bad', spoken: true },
  recover: { name: 'Recoveries', icon: 'good', spoken: true },
  spillover: { name: 'Spillovers', icon: 'warning', spoken: false },
  traffic: { name: 'Traffic', icon: 'idle', spoken: false },
  rollout: { name: 'Rollouts', icon: 'leaving', spoken: true },
  shadow: { name: 'Shadows', icon: 'idle', spoken: false },
  change: { name: 'Changes by hand', icon: 'leaving', spoken: true },
  scale: { name: 'Autoscaling', icon: 'leaving', spoken: true },
  shutdown: { name: 'Shutdown', icon: 'warning', spoken: true },
};

/** A rollout that was put back is bad news; all else is told by its kind. */
export function iconOf({ kind, details }: LogEntry): IconName {
  const { decision } = (details ?? {}) as Partial<RolloutReport>;
  return kind === 'rollout' && decision === 'abort' ? 'bad' : KINDS[kind].icon;
}

export interface Filter {
  readonly kind: LogKind | 'all';
  readonly text: string;
}

/** Those that match, the latest first, `most` of them. */
export function filtered(
  entries: readonly LogEntry[],
  { kind, text }: Filter,
  most: number,
): LogEntry[] {
  const sought = text.trim().toLowerCase();
  const matches = (entry: LogEntry) =>
    (kind === 'all' || entry.kind === kind) &&
    [entry.text, entry.by, entry.pool, entry.backend, entry.policy].some((value) =>
      value?.toLowerCase().includes(sought),
    );
  return entries.filter(matches).slice(-most).reverse();
}
