/** What an instance is asked over its channel, where the system does not say it. */
export const USAGE_QUESTION = { spillway: 'usage' } as const;

export interface ProcessorUsage {
  /** Processor time that was used since the process began, on all its threads, in milliseconds. */
  readonly processorMs: number;
  /** When that was, on a monotonic clock, in milliseconds. */
  readonly atMs: number;
}

/** What it answers. */
export interface UsageAnswer extends ProcessorUsage {
  readonly spillway: 'usage';
}

export function isUsageQuestion(message: unknown): boolean {
  return isOurs(message);
}

export function isUsageAnswer(message: unknown): message is UsageAnswer {
  return isOurs(message) && typeof (message as UsageAnswer).processorMs === 'number';
}

/** An instance's module may use the channel, too. */
function isOurs(message: unknown): boolean {
  return (message as { spillway?: unknown } | null | undefined)?.spillway === 'usage';
}
