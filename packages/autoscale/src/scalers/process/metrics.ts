import type { RegistrableFamily } from '@spillway/core';
import type { ShowsInstances } from './status.ts';

/** How long a scrape waits for an instance that is too busy to say how busy it is. */
const USAGE_TIMEOUT_MS = 1_000;

export function processFamilies(scalers: Iterable<ShowsInstances>): readonly RegistrableFamily[] {
  return [
    {
      name: 'spillway_instances',
      help: 'Instances that a process scaler runs, by state.',
      type: 'gauge',
      labelNames: ['scaler', 'state'],
      collect: () =>
        Array.from(scalers).flatMap((scaler) => {
          const states = { starting: 0, ready: 0, restarting: 0, leaving: 0 };
          for (const { state } of scaler.status().instances) states[state]++;
          return Object.entries(states).map(([state, value]) => ({
            labels: { scaler: scaler.name, state },
            value,
          }));
        }),
    },
    {
      name: 'spillway_instance_restarts_total',
      help: 'Processes of an instance that died and were replaced.',
      type: 'counter',
      labelNames: ['scaler', 'instance'],
      collect: () =>
        Array.from(scalers).flatMap((scaler) =>
          scaler.status().instances.map(({ id, restarts }) => ({
            labels: { scaler: scaler.name, instance: id },
            value: restarts,
          })),
        ),
    },
    {
      name: 'spillway_instance_processor_seconds_total',
      help: 'Processor time that an instance has used, on all its threads.',
      type: 'counter',
      labelNames: ['scaler', 'instance'],
      collect: async () => {
        const perScaler = await Promise.all(Array.from(scalers, usageOf));
        return perScaler.flat();
      },
    },
  ];
}

async function usageOf(scaler: ShowsInstances) {
  const timeout = AbortSignal.timeout(USAGE_TIMEOUT_MS);
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(timeout.reason), { once: true });
  });
  try {
    const usage = await Promise.race([scaler.usage(), late]);
    return usage.map(({ instance, processorMs }) => ({
      labels: { scaler: scaler.name, instance },
      value: processorMs / 1_000,
    }));
  } catch {
    // Absent, rather than old: the rest of the scrape is none the worse for it.
    return [];
  }
}
