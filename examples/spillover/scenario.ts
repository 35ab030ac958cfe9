/** The spike test, in its own time: six minutes, two users, from half time on six. */
const SPIKE = {
  durationMs: 360_000,
  users: { before: 2, after: 6 },
  pauseMs: 1_000,
  maxTokens: 1_000,
  ptuTokensPerMinute: 100_000,
  paygTokensPerMinute: 1_000_000,
  breaker: { intervalMs: 10_000, tripDurationMs: 60_000 },
} as const;

/** The same test with every duration multiplied by `timeScale`. Quotas per (scaled) minute stay. */
export interface Scenario {
  readonly timeScale: number;
  readonly durationMs: number;
  /** It begins anew whenever it is over, until it is interrupted. */
  readonly isOpenEnded: boolean;
  readonly spikeAtMs: number;
  readonly minuteMs: number;
  readonly users: { readonly before: number; readonly after: number };
  readonly pauseMs: number;
  readonly maxTokens: number;
  readonly ptuTokensPerMinute: number;
  readonly paygTokensPerMinute: number;
  readonly breaker: { readonly intervalMs: number; readonly tripDurationMs: number };
}

/** 360 s run it in real time. */
export function scenarioLasting(durationMs: number, isOpenEnded = false): Scenario {
  const timeScale = durationMs / SPIKE.durationMs;
  return {
    ...SPIKE,
    timeScale,
    durationMs,
    isOpenEnded,
    spikeAtMs: durationMs / 2,
    minuteMs: 60_000 * timeScale,
    pauseMs: SPIKE.pauseMs * timeScale,
    breaker: {
      intervalMs: Math.max(1, Math.round(SPIKE.breaker.intervalMs * timeScale)),
      tripDurationMs: Math.max(1, Math.round(SPIKE.breaker.tripDurationMs * timeScale)),
    },
  };
}

/** How long it is until the spike begins; 0 while it lasts. */
export function untilSpikeMs(elapsedMs: number, { durationMs, spikeAtMs }: Scenario): number {
  return Math.max(0, spikeAtMs - (elapsedMs % durationMs));
}

export function isOver(elapsedMs: number, { durationMs, isOpenEnded }: Scenario): boolean {
  return !isOpenEnded && elapsedMs >= durationMs;
}

/** A moment of the run as the test's own clock has it: `3:00` is when the spike begins. */
export function clockFace(ms: number, { timeScale }: Scenario): string {
  const seconds = Math.round(ms / timeScale / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
