/** What an instance is asked, over its channel. */
export const USAGE_QUESTION = { spillway: 'usage' } as const;

/** What it answers. */
export interface UsageAnswer {
  readonly spillway: 'usage';
  /** Processor time that it has used since its start, on all its threads, in milliseconds. */
  readonly processorMs: number;
  /** When, on a monotonic clock of its own, in milliseconds. */
  readonly atMs: number;
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
