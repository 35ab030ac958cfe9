import { describe, expect, it } from 'vitest';
import { call, open } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until } from '../../support/until.ts';
import { aborted, between, hosts, turns } from './hosts.ts';

describe.each(hosts)('%s: policies one behind the other', (_, host) => {
  it('keep the slot of the outer one when the time of the inner one is up and the handler goes on', async () => {
    const clock = new FakeClock();
    const shop = workshop();
    const { origin, spillway } = await serveApp(
      host,
      (app, { limitConcurrency, circuitBreaker }) => {
        const gate = limitConcurrency({ name: 'gate', maxCount: 1, maxQueueLength: 1 });
        const breaker = circuitBreaker({ name: 'breaker', failureCount: 100, timeoutMs: 1_000 });
        app.route('/', [gate, breaker], shop.handler);
      },
      { clock },
    );
    const first = call(origin, '/');
    const late = await shop.job(0);
    const second = call(origin, '/');
    await until(() => expect(spillway.status().gates.gate?.waiting).toBe(1));
    clock.advance(1_000);
    expect((await first).status).toBe(504);
    await turns();
    const seen = [shop.mostAtWork, spillway.status().gates.gate?.waiting];
    late.finish();
    (await shop.job(1)).finish();
    await second;
    expect(seen).toEqual([1, 1]);
  });

  it('give back the inner slot of a request whose time was up before the inner one was reached', async () => {
    const clock = new FakeClock();
    let ran = 0;
    const { origin, spillway } = await serveApp(
      host,
      (app, { protect, limitConcurrency }) => {
        const outer = protect({ name: 'outer', timeoutMs: 1_000 });
        const inner = limitConcurrency({ name: 'inner', maxCount: 1, maxQueueLength: 1 });
        // A look-up that heeds the signal, and without which the application goes on.
        app.route('/', [outer, between(host, aborted), inner], (job) => {
          ran++;
          if (!job.signal.aborted) job.answer(200, 'done');
        });
      },
      { clock },
    );
    const calling = call(origin, '/');
    await clock.timerSet();
    await turns();
    clock.advance(1_000);
    expect((await calling).status).toBe(504);
    await turns();
    clock.advance(600_000);
    expect(spillway.status().gates.inner?.running).toBe(0);
    expect(ran).toBe(0);
  });

  it('give back the outer slot of a caller that has left before the inner one was reached', async () => {
    const clock = new FakeClock();
    const { promise: lookedUp, resolve: look } = Promise.withResolvers<void>();
    const shop = workshop();
    const { origin, spillway } = await serveApp(
      host,
      (app, { limitConcurrency }) => {
        const outer = limitConcurrency({ name: 'outer', maxCount: 1, maxQueueLength: 1 });
        const inner = limitConcurrency({ name: 'inner', maxCount: 1, maxQueueLength: 1 });
        app.route('/', [outer, between(host, () => lookedUp), inner], shop.handler);
      },
      { clock },
    );
    const { request, leave } = open(origin, '/');
    request.end();
    await until(() => expect(spillway.status().gates.outer?.running).toBe(1));
    leave();
    await new Promise((resolve) => setTimeout(resolve, 100));
    look();
    await turns();
    const running = spillway.status().gates.outer?.running;
    clock.advance(20_000);
    expect(shop.jobs).toHaveLength(0);
    expect(running).toBe(0);
  });
});
