/** Hundredths of a per cent: whole numbers, so that shares sum to what they must. */
export const WHOLE = 10_000;

export type Parts = Readonly<Record<string, number>>;

/** Shares as whole parts that sum to {@link WHOLE}; the largest remainders are rounded up. */
export function partsOf(shares: Parts): Parts {
  const ids = Object.keys(shares);
  const sum = ids.reduce((total, id) => total + (shares[id] ?? 0), 0);
  if (ids.length === 0) return {};
  const exact = ids.map((id) => [
    id,
    sum === 0 ? WHOLE / ids.length : ((shares[id] ?? 0) / sum) * WHOLE,
  ]);
  return roundedTo(Object.fromEntries(exact), WHOLE);
}

export function sharesOf(parts: Parts): Record<string, number> {
  return Object.fromEntries(Object.entries(parts).map(([id, part]) => [id, part / WHOLE]));
}

/**
 * One backend gets so many parts, and the others share what is left, in proportion to what they had.
 * Those in `kept` keep what they have, as long as any other can give or take instead.
 */
export function rebalanced(
  parts: Parts,
  id: string,
  wanted: number,
  kept: ReadonlySet<string>,
): Parts {
  const own = Math.min(WHOLE, Math.max(0, Math.round(wanted)));
  const others = Object.keys(parts).filter((other) => other !== id);
  const free = others.filter((other) => !kept.has(other));
  const keptSum = sumOf(parts, others) - sumOf(parts, free);
  const movable = free.length > 0 && own + keptSum <= WHOLE ? free : others;
  const fixed = movable === free ? keptSum : 0;
  if (movable.length === 0) return { ...parts, [id]: WHOLE };
  const scaled = partsOf(Object.fromEntries(movable.map((other) => [other, parts[other] ?? 0])));
  const left = WHOLE - own - fixed;
  const exact = Object.fromEntries(
    movable.map((other) => [other, ((scaled[other] ?? 0) * left) / WHOLE]),
  );
  return { ...parts, ...roundedTo(exact, left), [id]: own };
}

/** Whole parts that sum to `total`, of such that do but are not whole. */
function roundedTo(exact: Parts, total: number): Parts {
  const ids = Object.keys(exact);
  const floors = Object.fromEntries(ids.map((id) => [id, Math.floor(exact[id] ?? 0)]));
  let left = total - sumOf(floors, ids);
  const byRemainder = ids.toSorted((a, b) => remainderOf(exact[b]) - remainderOf(exact[a]));
  for (const id of byRemainder) {
    if (left <= 0) break;
    floors[id] = (floors[id] ?? 0) + 1;
    left--;
  }
  return floors;
}

const remainderOf = (value = 0) => value - Math.floor(value);
const sumOf = (parts: Parts, ids: readonly string[]) =>
  ids.reduce((total, id) => total + (parts[id] ?? 0), 0);
