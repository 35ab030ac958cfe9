export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('There is no median of nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/**
 * Divides what two contenders took in the same round. A round that lacks either (`undefined`) gives
 * no ratio: to pair it with another round's would bring back the noise that rounds remove.
 */
export function ratiosByRound(
  numerators: readonly (number | undefined)[],
  denominators: readonly (number | undefined)[],
): number[] {
  return byRound(numerators, denominators, (numerator, denominator) => numerator / denominator);
}

/** The same for what one of them took more than the other. */
export function differencesByRound(
  minuends: readonly (number | undefined)[],
  subtrahends: readonly (number | undefined)[],
): number[] {
  return byRound(minuends, subtrahends, (minuend, subtrahend) => minuend - subtrahend);
}

function byRound(
  ones: readonly (number | undefined)[],
  others: readonly (number | undefined)[],
  compare: (one: number, other: number) => number,
): number[] {
  const values: number[] = [];
  for (const [round, one] of ones.entries()) {
    const other = others[round];
    if (one !== undefined && other !== undefined) values.push(compare(one, other));
  }
  return values;
}

/**
 * The narrowest pair of measured values between which the true median lies with the confidence
 * asked for, whatever the distribution: each value is above the median with probability one half,
 * so that ranks follow the binomial distribution. Fewer than six values cannot give 95 %; they give
 * their whole spread.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): Interval {
  if (values.length === 0) throw new RangeError('There is no interval around nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let skipped = 0;
  let probability = 0.5 ** n;
  let tail = probability;
  while (2 * (skipped + 1) < n) {
    probability *= (n - skipped) / (skipped + 1);
    tail += probability;
    if (1 - 2 * tail < confidence) break;
    skipped += 1;
  }
  return { low: sorted[skipped] as number, high: sorted[n - 1 - skipped] as number };
}
