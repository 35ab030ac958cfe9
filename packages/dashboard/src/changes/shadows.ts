import { read } from '@spillway/core';
import type { ChangeRoute } from './change.ts';
import { atRate, percent, rateOfLevel } from './sentences.ts';
import { backendOf, poolOf } from './targets.ts';

const readBody = read.object({
  proportion: read.number('a proportion from 0 to 1', (value) => value >= 0 && value <= 1),
  methods: read.optional(read.oneOf('safe', 'all')),
});

export const setShadow: ChangeRoute = {
  method: 'PUT',
  path: '/pools/{pool}/shadows/{id}',
  plan(steered, { pool: name, id }, body) {
    const pool = poolOf(steered.engine, name);
    const backend = backendOf(pool, id);
    const shadow = pool.shadow(backend.id);
    const before = shadow?.status();
    const { proportion, methods = before?.methods ?? 'safe' } = readBody(body, 'body');
    // How its answers are compared is the application's, and stays.
    const options = { methods, compare: shadow?.compare };
    pool.dryRun.setShadow(backend.id, proportion, options);
    const rate = atRate(rateOfLevel(steered, pool.backends) * proportion);
    const effects =
      proportion === 0
        ? [`${backend.id} gets no more copies; ${before?.inFlight ?? 0} under way may end`]
        : [
            `${backend.id} gets copies of ${percent(proportion)} of the pool's requests (${rate})`,
            methods === 'safe'
              ? 'of GET, HEAD and OPTIONS alone'
              : 'of all methods: requests that write something act twice',
          ];
    return {
      pool: pool.name,
      backend: backend.id,
      summary: `shadow ${backend.id} of ${pool.name}: ${percent(proportion)}`,
      effects,
      before: { proportion: before?.proportion ?? 0, methods: before?.methods ?? 'safe' },
      after: { proportion, methods },
      apply: () => pool.setShadow(backend.id, proportion, options),
    };
  },
};
