/** What was typed, as a number; `undefined` when it is none. */
export function numberOf(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** What is typed as 0.1 % is to be 0.001, and not what a division makes of it. */
export function ratioOf(percent: number): number {
  return Number((percent / 100).toPrecision(12));
}

/** 0.07 is to stand in a field as 7, and not as what a multiplication makes of it. */
export function percentOf(ratio: number): number {
  return Number((ratio * 100).toPrecision(12));
}

/** `1, 10 %, 50` as shares; `undefined` when one of them is no number. */
export function stepsOf(text: string): number[] | undefined {
  const steps = text
    .replaceAll('%', ' ')
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);
  if (steps.length === 0 || steps.some((step) => !Number.isFinite(step))) return undefined;
  return steps.map(ratioOf);
}
