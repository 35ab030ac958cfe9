import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../../support/adapter-host.ts';
import { call } from '../../support/caller.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until } from '../../support/until.ts';

/**
 * An expensive operation, unready beyond two waiting for each slot, refused beyond four: what a
 * service with this much concurrency says with that many connections.
 */
const table: [
  concurrency: number,
  connections: number,
  readiness: number,
  oneMore: number,
  refused: number,
][] = [
  [1, 3, 200, 200, 0],
  [1, 4, 429, 200, 0],
  [1, 5, 429, 503, 0],
  [1, 6, 429, 503, 1],
  [3, 9, 200, 200, 0],
  [3, 10, 429, 200, 0],
  [3, 15, 429, 503, 0],
  [3, 18, 429, 503, 3],
];

export function describeSandbox(host: AdapterHost): void {
  describe('an expensive operation under load', () => {
    it.each(table)(
      'concurrency %i, %i connections: readiness %i, one more %i, %i refused',
      async (concurrency, connections, readiness, oneMore, refused) => {
        const shop = workshop();
        const { origin } = await serveApp(host, (app, spillway) => {
          const protect = spillway.protect({
            name: 'expensive',
            concurrency: {
              maxCount: concurrency,
              maxQueueLength: 4 * concurrency,
              rejectStatus: 503,
            },
          });
          app.route('/expensive-op', [protect], shop.handler);
          app.mount('/readyz', spillway.readiness());
          app.mount('/metrics', spillway.metrics());
        });
        const scrape = async () => {
          const { text } = await call(origin, '/metrics');
          const value = (name: string) =>
            Number(
              new RegExp(`^spillway_${name}\\{gate="expensive"\\} (.*)$`, 'm').exec(text)?.[1],
            );
          return {
            ratio: value('queue_ratio'),
            running: value('gate_running'),
            waiting: value('gate_waiting'),
          };
        };
        expect(await scrape()).toEqual({ ratio: 0, running: 0, waiting: 0 });
        const statuses: number[] = [];
        const calls = Array.from({ length: connections }, async () => {
          statuses.push((await call(origin, '/expensive-op')).status);
        });
        const waiting = connections - concurrency - refused;
        const full = { ratio: waiting / concurrency, running: concurrency, waiting };
        await until(async () => expect(await scrape()).toEqual(full));
        await until(() => expect(statuses).toEqual(Array(refused).fill(503)));
        expect((await call(origin, '/readyz')).status).toBe(readiness);
        const manual = call(origin, '/expensive-op');
        if (oneMore === 503) expect((await manual).status).toBe(503);
        else await until(async () => expect((await scrape()).waiting).toBe(waiting + 1));
        shop.finishAtOnce();
        for (const job of [...shop.jobs]) job.finish();
        await Promise.all(calls);
        expect((await manual).status).toBe(oneMore);
        expect(statuses.filter((status) => status === 200)).toHaveLength(connections - refused);
        expect(shop.mostAtWork).toBe(concurrency);
        await until(async () => {
          expect(await scrape()).toEqual({ ratio: 0, running: 0, waiting: 0 });
        });
        expect((await call(origin, '/readyz')).status).toBe(200);
      },
    );
  });
}
