import { read, type Shares } from '@spillway/core';
import type { HttpBackend } from '@spillway/node-http';
import type { ChangeRoute } from './change.ts';
import { atRate, percent, rateOfLevel } from './sentences.ts';
import { levelOf, poolOf, sharesOf } from './targets.ts';

const readBody = read.object<{ shares: Shares }>({
  // The pool says what is wrong with them.
  shares: (value) => value as Shares,
});

export const setTraffic: ChangeRoute = {
  method: 'PUT',
  path: '/pools/{pool}/traffic',
  plan(steered, { pool: name }, body) {
    const pool = poolOf(steered.engine, name);
    const { shares } = readBody(body, 'body');
    const after = pool.dryRun.setTraffic(shares);
    const [first] = Object.keys(after);
    const { priority } = pool.backends.find(({ id }) => id === first) as HttpBackend;
    const level = levelOf(pool, priority);
    const before = sharesOf(level);
    const rate = rateOfLevel(steered, level);
    const effects = Object.entries(after)
      .filter(([id, share]) => share !== (before[id] ?? 0))
      .map(([id, share]) => {
        const from = percent(before[id] ?? 0);
        return `${id}: ${from} → ${percent(share)} of level ${priority} (${atRate(rate * share)})`;
      });
    if (effects.length === 0) effects.push('the shares are as they were');
    for (const { config } of pool.rollouts) {
      if (!level.some(({ id }) => id === config.to)) continue;
      effects.push(`the rollout to ${config.to} ends: these shares take its place`);
    }
    return {
      pool: pool.name,
      summary: `shares of level ${priority} of ${pool.name}`,
      effects,
      before: { shares: before },
      after: { shares: after },
      apply: () => pool.setTraffic(shares),
    };
  },
};
