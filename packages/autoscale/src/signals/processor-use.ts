import type { Metric } from '../options.ts';
import type { ProcessScaler } from '../scalers/process/process-scaler.ts';

/**
 * Processor time that instances have used since the sample before, over the time that has passed: 1
 * is one core, busy all the time. It is the average over the instances that serve and served then;
 * there is no sample without any, or when one of them does not answer in time.
 */
export function processorUse(scaler: Pick<ProcessScaler, 'usage'>): Metric {
  let before = new Map<number | undefined, { processorMs: number; atMs: number }>();
  return async () => {
    const usage = await scaler.usage();
    let sum = 0;
    let count = 0;
    for (const { pid, processorMs, atMs } of usage) {
      const last = before.get(pid);
      if (last === undefined || atMs <= last.atMs) continue;
      sum += (processorMs - last.processorMs) / (atMs - last.atMs);
      count++;
    }
    before = new Map(usage.map((each) => [each.pid, each]));
    return count === 0 ? undefined : sum / count;
  };
}
