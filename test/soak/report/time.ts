const TICKS = 6;

/** Minutes and seconds. */
export function clockFace(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Labels below a chart, by their share of its width. */
export function ticksOf(durationMs: number): [share: number, label: string][] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    return [tick / TICKS, clockFace((durationMs * tick) / TICKS)];
  });
}
