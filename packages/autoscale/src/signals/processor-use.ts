import type { Metric } from '../options.ts';
import type { ProcessScaler } from '../scalers/process/process-scaler.ts';

/** Who knows what instances have used of the processor: a `processScaler`. */
export type KnowsUsage = Pick<ProcessScaler, 'usage'>;

/**
 * Tells what each instance has used of the processor since it was asked before, by its id: 1 is one
 * core, busy all the time. One that did not serve then is left out. Each reader needs one of its own.
 */
export function processorUseByInstance(
  scaler: KnowsUsage,
): () => Promise<Readonly<Record<string, number>>> {
  let before = new Map<number | undefined, { processorMs: number; atMs: number }>();
  return async () => {
    const usage = await scaler.usage();
    const use: Record<string, number> = {};
    for (const { instance, pid, processorMs, atMs } of usage) {
      const last = before.get(pid);
      if (last === undefined || atMs <= last.atMs) continue;
      use[instance] = (processorMs - last.processorMs) / (atMs - last.atMs);
    }
    before = new Map(usage.map((each) => [each.pid, each]));
    return use;
  };
}

/**
 * Processor time that instances have used since the sample before, over the time that has passed: 1
 * is one core, busy all the time. It is the average over the instances that serve and served then;
 * there is no sample without any.
 */
export function processorUse(scaler: KnowsUsage): Metric {
  const useOfEach = processorUseByInstance(scaler);
  return async () => {
    const use = Object.values(await useOfEach());
    return use.length === 0 ? undefined : use.reduce((sum, each) => sum + each, 0) / use.length;
  };
}
