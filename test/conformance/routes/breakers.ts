import { Agent, request as httpRequest } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdapterHost } from '../../support/adapter-host.ts';
import { type Called, call, nextChunk, open, read } from '../../support/caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type Workshop, workshop } from '../../support/handler.ts';
import { serveApp } from '../../support/serve-app.ts';
import { until, within } from '../../support/until.ts';

/** Rules 5 to 8 on a route, and the time limit of `protect`. */
export function describeRouteBreakers(host: AdapterHost): void {
  type Protection = Parameters<ReturnType<AdapterHost['createSpillway']>['protect']>[0];
  const protectedBy = async (protection: Protection) => {
    const clock = new FakeClock();
    const shop = workshop();
    const errors: unknown[] = [];
    const served = await serveApp(
      host,
      (app, { protect }) => {
        app.route('/', [protect({ name: 'route', ...protection })], shop.handler);
        app.onError((error) => {
          errors.push(error);
          return { status: 555, body: (error as Error).message };
        });
      },
      { clock },
    );
    const breaker = () => served.spillway.status().breakers.route;
    return { ...served, clock, shop, errors, breaker };
  };
  const once = async (origin: string, shop: Workshop, status: number, headers = {}) => {
    const calling = call(origin, '/');
    (await shop.job(shop.jobs.length)).finish(status, 'answer', headers);
    return calling;
  };
  const breaker = { failureCount: 2, tripDurationMs: 5_000 };

  describe('circuitBreaker', () => {
    it('trips at a share of failures, answers with 503, and closes after a good trial', async () => {
      const clock = new FakeClock();
      const shop = workshop();
      const { origin, spillway } = await serveApp(
        host,
        (app, { circuitBreaker }) => {
          const policy = circuitBreaker({
            failurePercentage: 50,
            minimumRequests: 4,
            tripDurationMs: 5_000,
          });
          app.route('/', [policy], shop.handler);
        },
        { clock },
      );
      const state = () => spillway.status().breakers.circuitBreaker;
      for (const status of [200, 500, 404]) await once(origin, shop, status);
      await until(() => expect(state()?.state).toBe('closed'));
      expect((await once(origin, shop, 503)).text).toBe('answer');
      await until(() => expect(state()).toMatchObject({ state: 'open', remainingMs: 5_000 }));
      clock.advance(1_500);
      const refused = await call(origin, '/');
      expect([refused.status, refused.json().code]).toEqual([503, 'circuit_open']);
      expect(refused.headers['retry-after']).toBe('4');
      expect(shop.jobs).toHaveLength(4);
      clock.advance(3_500);
      expect(state()?.state).toBe('half-open');
      expect((await once(origin, shop, 200)).status).toBe(200);
      expect(state()).toMatchObject({ state: 'closed', trips: 1, rejections: { circuit_open: 1 } });
    });

    it('counts only the statuses that it is told to', async () => {
      const {
        origin,
        shop,
        breaker: state,
      } = await protectedBy({
        breaker: { ...breaker, statusCodes: [429, '502-504'] },
      });
      for (const status of [500, 501, 505, 404, 429]) await once(origin, shop, status);
      await until(() => expect(state()?.state).toBe('closed'));
      await once(origin, shop, 504);
      await until(() => expect(state()?.state).toBe('open'));
    });

    it('counts an error of the application by the status that it is answered with', async () => {
      const { origin, shop, breaker: state } = await protectedBy({ breaker });
      for (let index = 0; index < 2; index++) {
        const calling = call(origin, '/');
        (await shop.job(index)).fail(new Error('broken'));
        expect((await calling).status).toBe(555);
      }
      await until(() => expect(state()?.state).toBe('open'));
    });

    it('counts a response that is broken off', async () => {
      const { origin, shop, breaker: state } = await protectedBy({ breaker });
      for (let index = 0; index < 2; index++) {
        const calling = call(origin, '/').catch(() => {});
        (await shop.job(index)).call.response.destroy();
        await calling;
        shop.jobs[index]?.done();
      }
      await until(() => expect(state()?.state).toBe('open'));
    });

    it('stays open for as long as the answer asks, up to maxTripDurationMs', async () => {
      const {
        origin,
        shop,
        breaker: state,
      } = await protectedBy({
        breaker: { failureCount: 1, acceptRetryAfter: true, maxTripDurationMs: 60_000 },
      });
      await once(origin, shop, 503, { 'Retry-After': '7' });
      expect(state()).toMatchObject({ state: 'open', remainingMs: 7_000 });
      expect((await call(origin, '/')).headers['retry-after']).toBe('7');
    });

    it('hears of a wait that is given to writeHead itself', async () => {
      const {
        origin,
        shop,
        breaker: state,
      } = await protectedBy({
        breaker: { failureCount: 1, acceptRetryAfter: true },
      });
      const calling = call(origin, '/');
      const job = await shop.job(0);
      job.call.response.removeHeader('x-powered-by');
      job.call.response.writeHead(503, { 'RETRY-AFTER-MS': 1_500 });
      job.call.response.end();
      await calling;
      job.done();
      expect(state()).toMatchObject({ state: 'open', remainingMs: 1_500 });
    });

    it('counts a caller that leaves as nothing', async () => {
      const {
        origin,
        shop,
        breaker: state,
      } = await protectedBy({
        breaker: { ...breaker, failureCount: 1 },
      });
      const { request, leave } = open(origin, '/');
      request.end();
      const job = await shop.job(0);
      leave();
      await until(() => expect(job.call.signal.aborted).toBe(true));
      job.finish(500);
      await once(origin, shop, 200);
      expect(state()).toMatchObject({ state: 'closed', trips: 0 });
    });

    it('lets exactly one trial through, whose head decides', async () => {
      const { origin, shop, breaker: state, clock } = await protectedBy({ breaker });
      for (let index = 0; index < 2; index++) await once(origin, shop, 500);
      await until(() => expect(state()?.state).toBe('open'));
      clock.advance(5_000);
      const { request, response } = open(origin, '/');
      request.end();
      const trial = await shop.job(2);
      const refused = await call(origin, '/');
      expect([refused.status, refused.json().code]).toEqual([503, 'circuit_open']);
      expect(refused.headers['retry-after']).toBe('1');
      trial.call.response.writeHead(200);
      trial.call.response.write('begun');
      const answer = await response;
      await nextChunk(answer);
      expect(state()?.state).toBe('closed');
      trial.call.response.end();
      await read(answer);
      trial.done();
    });

    it('leaves room for another trial when the caller of one has left', async () => {
      const { origin, shop, breaker: state, clock } = await protectedBy({ breaker });
      for (let index = 0; index < 2; index++) await once(origin, shop, 500);
      await until(() => expect(state()?.state).toBe('open'));
      clock.advance(5_000);
      const { request, leave } = open(origin, '/');
      request.end();
      const trial = await shop.job(2);
      leave();
      await until(() => expect(trial.call.signal.aborted).toBe(true));
      expect((await once(origin, shop, 200)).status).toBe(200);
      expect(state()?.state).toBe('closed');
      trial.finish(500);
    });

    it('learns nothing from a call that began before the trip', async () => {
      const { origin, shop, breaker: state, clock } = await protectedBy({ breaker });
      const before = call(origin, '/');
      const job = await shop.job(0);
      for (let index = 0; index < 2; index++) await once(origin, shop, 500);
      await until(() => expect(state()?.state).toBe('open'));
      job.finish(200);
      await before;
      expect(state()?.state).toBe('open');
      clock.advance(5_000);
      expect(state()?.state).toBe('half-open');
    });
  });

  describe('protect', () => {
    it('refuses those who waited when the breaker has tripped meanwhile', async () => {
      const {
        origin,
        shop,
        breaker: state,
        spillway,
      } = await protectedBy({
        concurrency: { maxCount: 1, maxQueueLength: 5 },
        breaker: { failureCount: 1, tripDurationMs: 5_000 },
      });
      const calls: Promise<Called>[] = [call(origin, '/')];
      const job = await shop.job(0);
      for (let index = 0; index < 3; index++) calls.push(call(origin, '/'));
      await until(() => expect(spillway.status().gates.route?.waiting).toBe(3));
      job.finish(500);
      const answers = await Promise.all(calls);
      expect(answers.map(({ status }) => status)).toEqual([500, 503, 503, 503]);
      expect(answers[3]?.json().code).toBe('circuit_open');
      expect(state()?.state).toBe('open');
      expect(shop.jobs).toHaveLength(1);
      // Asked before the queue, too.
      expect((await call(origin, '/')).json().code).toBe('circuit_open');
    });

    it('answers with 504 after timeoutMs, which counts as a failure, and tells the handler', async () => {
      const {
        origin,
        shop,
        breaker: state,
        clock,
      } = await protectedBy({
        breaker: { failureCount: 1, tripDurationMs: 5_000 },
        timeoutMs: 3_000,
      });
      const calling = call(origin, '/');
      const job = await shop.job(0);
      clock.advance(2_999);
      expect(job.call.signal.aborted).toBe(false);
      clock.advance(1);
      const answer = await calling;
      expect(answer.status).toBe(504);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.json()).toMatchObject({ status: 504, code: 'request_timeout' });
      expect(job.call.signal.aborted).toBe(true);
      expect(job.call.signal.reason).toMatchObject({ code: 'request_timeout' });
      expect(state()).toMatchObject({ state: 'open', rejections: { request_timeout: 1 } });
      job.finish();
    });

    it('counts the time from the moment that the request runs', async () => {
      const { origin, shop, clock, spillway } = await protectedBy({
        concurrency: { maxCount: 1, maxQueueLength: 1 },
        timeoutMs: 3_000,
      });
      const calls = [call(origin, '/')];
      const first = await shop.job(0);
      calls.push(call(origin, '/'));
      await until(() => expect(spillway.status().gates.route?.waiting).toBe(1));
      clock.advance(2_500);
      first.finish();
      const second = await shop.job(1);
      clock.advance(2_500);
      second.finish();
      expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
    });

    it('keeps the slot of a late handler until it ends, on a connection that stays usable', async () => {
      const { origin, shop, clock, spillway, errors } = await protectedBy({
        concurrency: { maxCount: 1, maxQueueLength: 1 },
        timeoutMs: 3_000,
      });
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      const ask = async () => {
        const { hostname, port: to } = new URL(origin);
        const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
          httpRequest({ hostname, port: to, agent, path: '/' }, resolve).on('error', reject).end();
        });
        const { localPort: port } = answer.socket;
        return { ...(await read(answer)), port };
      };
      const first = ask();
      const late = await shop.job(0);
      clock.advance(3_000);
      const timedOut = await first;
      expect(timedOut.status).toBe(504);
      expect(spillway.status().gates.route?.running).toBe(1);
      const second = ask();
      await until(() => expect(spillway.status().gates.route?.waiting).toBe(1));
      expect(shop.atWork).toBe(1);
      late.finish(200, 'too late');
      (await shop.job(1)).finish(200, 'in time');
      const answer = await second;
      expect([answer.status, answer.text]).toEqual([200, 'in time']);
      expect(answer.port).toBe(timedOut.port);
      expect(shop.mostAtWork).toBe(1);
      expect(errors).toEqual([]);
    });

    it.each<[string, (job: Workshop['jobs'][number]) => void]>([
      ['throws', (job) => job.fail(new Error('late'))],
      [
        'writes by hand',
        ({ call: { response }, done }) => {
          response.writeHead(200, { 'x-late': 'yes' });
          response.write('late');
          response.end('and later');
          done();
        },
      ],
      [
        'destroys its response',
        ({ call: { response }, done }) => {
          response.destroy();
          done();
        },
      ],
    ])('does no harm when a late handler %s', async (_, end) => {
      const { origin, shop, clock, spillway } = await protectedBy({
        concurrency: { maxCount: 1 },
        timeoutMs: 3_000,
      });
      const { request, response } = open(origin, '/');
      request.end();
      const job = await shop.job(0);
      clock.advance(3_000);
      const answer = await read(await response);
      expect(answer.status).toBe(504);
      end(job);
      await until(() => expect(spillway.status().gates.route?.running).toBe(0));
      expect((await once(origin, shop, 200)).status).toBe(200);
    });

    it('takes an answer in the very moment that the handler is told', async () => {
      const { origin, shop, clock, spillway } = await protectedBy({
        concurrency: { maxCount: 1 },
        timeoutMs: 3_000,
      });
      const calling = call(origin, '/');
      const job = await shop.job(0);
      job.call.signal.addEventListener('abort', () => job.finish(200, 'heeded'));
      clock.advance(3_000);
      expect((await calling).status).toBe(504);
      await until(() => expect(spillway.status().gates.route?.running).toBe(0));
    });

    it('gives the slot back after abandonMs when a late handler never ends', async () => {
      const { origin, shop, clock, spillway } = await protectedBy({
        concurrency: { maxCount: 1 },
        timeoutMs: 3_000,
        abandonMs: 4_000,
      });
      const calling = call(origin, '/');
      await shop.job(0);
      clock.advance(3_000);
      expect((await calling).status).toBe(504);
      clock.advance(3_999);
      expect(spillway.status().gates.route?.running).toBe(1);
      clock.advance(1);
      expect(spillway.status().gates.route?.running).toBe(0);
      shop.jobs[0]?.finish();
    });

    it('cuts an answer off that has begun when the time is up', async () => {
      const { origin, shop, clock, spillway } = await protectedBy({
        concurrency: { maxCount: 1 },
        timeoutMs: 3_000,
      });
      const { request, response } = open(origin, '/');
      request.end();
      const job = await shop.job(0);
      job.call.response.writeHead(200);
      job.call.response.write('begun');
      const answer = await response;
      await nextChunk(answer);
      clock.advance(3_000);
      await expect(within(2_000, read(answer))).rejects.toThrow('aborted');
      expect(spillway.status().gates.route?.running).toBe(1);
      job.call.response.end();
      job.done();
      await until(() => expect(spillway.status().gates.route?.running).toBe(0));
    });

    it('leaves an answer alone that its caller reads slowly', async () => {
      const {
        origin,
        shop,
        clock,
        breaker: state,
        spillway,
      } = await protectedBy({
        concurrency: { maxCount: 1 },
        breaker: { failureCount: 1 },
        timeoutMs: 3_000,
      });
      const { request, response } = open(origin, '/');
      request.end();
      const job = await shop.job(0);
      job.finish(200, 'x'.repeat(20_000_000));
      const answer = await response;
      await until(() => expect(job.call.response.writableEnded).toBe(true));
      // The work is over: nobody who reads slowly holds a slot.
      await until(() => expect(spillway.status().gates.route?.running).toBe(0));
      clock.advance(3_000);
      expect((await read(answer)).body).toHaveLength(20_000_000);
      expect(state()).toMatchObject({ state: 'closed', rejections: {} });
    });

    it('leaves an answer alone that came in time', async () => {
      const { origin, shop, clock } = await protectedBy({ timeoutMs: 3_000 });
      expect((await once(origin, shop, 201)).status).toBe(201);
      clock.advance(10_000);
      expect((await once(origin, shop, 202)).status).toBe(202);
    });
  });
}
