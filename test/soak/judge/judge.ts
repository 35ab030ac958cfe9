import type { Check } from '@spillway/example-charts/page.ts';
import { BLOWS } from '../conduct/chaos.ts';
import type { Measurements } from '../conduct/measurements.ts';
import { judgeAccounts } from './accounts.ts';
import { judgeLeftovers } from './leftovers.ts';
import { judgeMemory } from './memory.ts';
import { judgeRequests } from './requests.ts';

/** All that must hold, with the figures by which it does or does not. */
export function judge(measured: Measurements): Check[] {
  return [
    ...judgeRequests(measured),
    ...judgeAccounts(measured),
    ...judgeLeftovers(measured),
    ...judgeMemory(measured),
    judgeChaos(measured),
  ];
}

/** A soak in which nothing happened would prove nothing. */
function judgeChaos({ strikes, changes, troubles }: Measurements): Check {
  const kinds = new Set(strikes.map(({ blow }) => blow));
  const counts = BLOWS.filter((blow) => kinds.has(blow)).map(
    (blow) => `${strikes.filter((strike) => strike.blow === blow).length} × ${blow}`,
  );
  return {
    claim: 'backends were struck, and the pool was changed, all the while',
    passed: strikes.length > 0 && changes > 0 && troubles.length === 0,
    detail:
      `${counts.join(', ')}; ${changes} changes` +
      troubles.map((trouble) => `; ${trouble}`).join(''),
  };
}
