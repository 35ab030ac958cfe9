import { type GateStatus, read } from '@spillway/core';
import type { Metric } from '../options.ts';

/** What is asked of a Spillway, of whichever adapter. */
export interface HasGates {
  status(): { readonly gates: Readonly<Record<string, Pick<GateStatus, 'queueRatio'>>> };
}

const readOptions = read.object({ gate: read.nonEmptyString });

/**
 * Requests that wait at a gate, over those that may run at once. It is that of the moment: sample it
 * often enough for the window to tell something.
 * @param options.gate the `name` of `limitConcurrency` or `protect`
 */
export function queueRatio(spillway: HasGates, options: { readonly gate: string }): Metric {
  const { gate } = readOptions(options, 'queueRatio');
  return () => {
    const status = spillway.status().gates[gate];
    if (status === undefined) throw new Error(`there is no gate '${gate}'`);
    return status.queueRatio;
  };
}
