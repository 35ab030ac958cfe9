import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How the process fares. */
export interface Vitals {
  /** In bytes; of `heapUsed` and `external` garbage is no part, if it was collected just before. */
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** What keeps the process alive, by kind: sockets, timers, servers. */
  readonly handles: Readonly<Record<string, number>>;
  /** The longest that the event loop was late since it was asked last, in milliseconds. */
  readonly delayMs: number;
  /** User and system time, in milliseconds. */
  readonly processorMs: number;
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

/** Collects garbage before it looks, which takes the process some 10 to 100 ms. */
export function takeVitals(): Vitals {
  const delayMs = delay.max / 1e6;
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  const { user, system } = process.cpuUsage();
  delay.reset();
  return { heapUsed, external, rss, handles, delayMs, processorMs: (user + system) / 1_000 };
}

/** What the process has complained of, as it is added to. */
export function hearComplaints(): readonly string[] {
  const complaints: string[] = [];
  process.on('warning', ({ name, message }) => {
    // Node 22 says so of its own reading of TypeScript.
    if (name !== 'ExperimentalWarning') complaints.push(`${name}: ${message}`);
  });
  process.on('unhandledRejection', (reason) => complaints.push(`unhandled rejection: ${reason}`));
  process.on('uncaughtException', (error) => complaints.push(`uncaught: ${error.stack}`));
  return complaints;
}
