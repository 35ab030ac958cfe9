import { describe, expect, it } from 'vitest';
import { call, rawCaller } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';
import { uncaughtErrors } from '../helpers.ts';
import { hosts } from './hosts.ts';

describe.each(hosts)('%s', (_, host) => {
  it('an answer that waits on its connection for the one before holds no slot', async () => {
    const shop = workshop();
    const { origin, spillway } = await serveApp(host, (app, { limitConcurrency }) => {
      app.route('/long-poll', [], shop.handler);
      app.route(
        '/',
        [limitConcurrency({ name: 'g', maxCount: 2, maxQueueLength: 5 })],
        shop.handler,
      );
    });
    const attacker = await rawCaller(origin);
    attacker.socket.write(
      `GET /long-poll HTTP/1.1\r\nHost: a\r\n\r\n${'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2)}`,
    );
    const poll = await shop.job(0);
    (await shop.job(1)).finish();
    (await shop.job(2)).finish();
    const other = call(origin, '/').then(({ status }) => status);
    const served = shop.job(3).then((job) => job.finish());
    const result = await within(1_000, other).catch((e) => e.message);
    poll.finish();
    await served;
    await other;
    await until(() => expect(spillway.status().gates.g?.running).toBe(0));
    expect(result).toBe(200);
  });
  it('a listener of the signal that throws spoils nothing', async () => {
    const errors = uncaughtErrors();
    const clock = new FakeClock();
    const shop = workshop();
    const { origin, spillway } = await serveApp(
      host,
      (app, { protect }) => {
        app.route(
          '/',
          [
            protect({
              name: 'g',
              concurrency: { maxCount: 1, maxQueueLength: 5 },
              timeoutMs: 1_000,
            }),
          ],
          shop.handler,
        );
      },
      { clock },
    );
    const calling = call(origin, '/');
    const job = await shop.job(0);
    job.call.signal.addEventListener('abort', () => {
      throw new Error('listener');
    });
    clock.advance(1_000);
    expect((await calling).status).toBe(504);
    job.finish();
    await until(() => expect(spillway.status().gates.g?.running).toBe(0));
    expect(errors.map(({ message }) => message)).toEqual(['listener']);
  });
});
