/** What one instance has, and would like to have. */
export interface Claim {
  readonly client: string;
  /** Slots that it holds. */
  readonly held: number;
  /** Slots that it has use for. */
  readonly wanted: number;
}

/**
 * How many slots an instance may hold at most, so that none of the others gets less than an even
 * share: what one has no use for goes to the others in even parts. Without want, all of them.
 *
 * Where there are fewer slots than instances, who has had one goes without while another waits.
 */
export function fairShare(claims: readonly Claim[], client: string, maxCount: number): number {
  const wanted = claims.reduce((sum, claim) => sum + claim.wanted, 0);
  if (wanted <= maxCount) return maxCount;
  const byWant = claims.filter((claim) => claim.wanted > 0).sort((a, b) => a.wanted - b.wanted);
  let left = maxCount;
  let share = maxCount;
  for (const [index, claim] of byWant.entries()) {
    share = left / (byWant.length - index);
    if (claim.client === client) break;
    left -= Math.min(claim.wanted, share);
  }
  if (share >= 1) return Math.ceil(share);
  const mine = claims.find((claim) => claim.client === client);
  const othersWait = claims.some(
    (claim) => claim.client !== client && claim.held === 0 && claim.wanted > 0,
  );
  return mine !== undefined && mine.held > 0 && othersWait ? 0 : 1;
}
