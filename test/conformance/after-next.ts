import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { AdapterHost, AfterNext } from '../support/adapter-host.ts';
import { type Answer, answers, hangs, refuses } from '../support/backend.ts';
import { call, nextChunk, open, rawCaller, read } from '../support/caller.ts';
import { type ServeOptions, serve } from '../support/serve.ts';
import { until, within } from '../support/until.ts';

const begins: Answer = (_request, response) => void response.write('begun');
const breaksOff: Answer = (request) => void request.socket.destroy();

/** What is told of a caller that left before anything was answered. */
const LEFT = { status: 499, handedOver: false, error: undefined };

/** For frameworks whose middleware can be awaited: when that of the proxy is done, and with what. */
export function describeAfterNext(host: AdapterHost): void {
  /** The proxy, or what `app` makes, behind middleware that notes what comes after `next()`. */
  async function serveNoting<const Ids extends string>(options: ServeOptions<Ids>) {
    const seen: AfterNext[] = [];
    const served = await serve(host, {
      ...options,
      app(mounting) {
        mounting.app.around?.((outcome) => void seen.push(outcome));
        if (options.app) options.app(mounting);
        else mounting.app.mount('/', mounting.spillway.proxy(mounting.pool));
      },
    });
    const sees = async (...outcomes: Partial<AfterNext>[]) => {
      await until(() => expect(seen).toHaveLength(outcomes.length), 3_000);
      await served.settled();
      expect(seen).toEqual(outcomes.map((outcome) => expect.objectContaining(outcome)));
    };
    return { ...served, seen, sees };
  }

  describe('what stands after next()', () => {
    it.each<[string, Answer, number]>([
      ['whole', answers(201, 'created', { 'content-length': '7' }), 201],
      ['chunked', (_request, response) => void response.write('a', () => response.end('b')), 200],
      ['without a body', answers(204), 204],
      ['of a status without a name', answers(599, 'odd'), 599],
      ['a refusal', refuses(3), 429],
    ])('is done when the answer has been handed over: %s', async (_, answer, status) => {
      const { origin, sees } = await serveNoting({ backends: { only: answer } });
      expect((await call(origin, '/', { method: 'POST', body: 'x' })).status).toBe(status);
      await sees({ status, handedOver: true, error: undefined });
    });

    it('is not done before the last chunk', async () => {
      const { promise: verdict, resolve: decide } = Promise.withResolvers<void>();
      const { origin, seen, sees } = await serveNoting({
        backends: {
          only: async (_request, response) => {
            response.write('begun');
            await verdict;
            response.end();
          },
        },
      });
      const { request, response } = open(origin, '/');
      request.end();
      const answer = await response;
      expect(await nextChunk(answer)).toBe('begun');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(seen).toEqual([]);
      decide();
      await read(answer);
      await sees({ status: 200, handedOver: true });
    });

    it('is done when the backend breaks off', async () => {
      const { origin, sees } = await serveNoting({
        backends: {
          only: (request, response) => {
            response.writeHead(206);
            response.write('half', () => request.socket.destroy());
          },
        },
      });
      await expect(call(origin, '/')).rejects.toThrow();
      await sees({ status: 206, handedOver: false, error: undefined });
    });

    it('is done when the pool has answered itself', async () => {
      const { origin, sees } = await serveNoting({ backends: { only: breaksOff } });
      expect((await call(origin, '/')).json().code).toBe('bad_gateway');
      await sees({ status: 502, handedOver: true, error: undefined });
    });

    it('is done when the pool cannot have the body', async () => {
      const { origin, sees } = await serveNoting({
        backends: { only: hangs },
        app({ app, spillway, pool }) {
          app.parseJson({ keepRawBody: false });
          app.mount('/', spillway.proxy(pool));
        },
      });
      const headers = { 'content-type': 'application/json' };
      await call(origin, '/', { method: 'POST', body: '{}', headers });
      await sees({ status: 500, handedOver: true, error: undefined });
    });
  });

  describe('what stands after next() when the caller leaves', () => {
    it('before the head is done', async () => {
      const { origin, backends, sees } = await serveNoting({ backends: { only: hangs } });
      const { request, leave } = open(origin, '/');
      request.end();
      await backends.only.request();
      leave();
      await sees(LEFT);
    });

    it('in the queue is done', async () => {
      const { origin, backends, pool, seen, sees } = await serveNoting({
        backends: { only: hangs },
        each: { only: { maxCount: 1 } },
        pool: { queue: { maxQueueLength: 1 } },
      });
      const running = open(origin, '/');
      running.request.end();
      await backends.only.request();
      const queued = open(origin, '/');
      queued.request.end();
      await until(() => expect(pool.status().waiting).toBe(1));
      queued.leave();
      await until(() => expect(seen).toHaveLength(1));
      running.leave();
      await sees(LEFT, LEFT);
    });

    it('in the middle of a stream is done', async () => {
      const { origin, sees } = await serveNoting({ backends: { only: begins } });
      const { request, response, leave } = open(origin, '/');
      request.end();
      await nextChunk(await response);
      leave();
      await sees({ status: 200, handedOver: false, error: undefined });
    });

    it.each([
      ['a small body', { 'content-length': '1000' }],
      ['a large body', { 'content-length': '5000000' }],
      ['a chunked body', {}],
    ])('in the middle of %s is done', async (_, headers) => {
      const { origin, server, sees } = await serveNoting({ backends: { only: hangs } });
      const asked = once(server, 'request');
      const { request, leave } = open(origin, '/', { method: 'POST', headers });
      request.write('the beginning');
      await asked;
      leave();
      await sees(LEFT);
    });

    it('in the tick in which it asked is done', async () => {
      const { origin, sees } = await serveNoting({ backends: { only: hangs } });
      const { socket } = await rawCaller(origin);
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n', () => socket.resetAndDestroy());
      await sees(LEFT);
    });

    it('before the proxy is reached is done', async () => {
      const { promise: gone, resolve: go } = Promise.withResolvers<void>();
      const { origin, server, sees, counts } = await serveNoting({
        backends: { only: hangs },
        app({ app, spillway, pool }) {
          app.before(() => gone);
          app.mount('/', spillway.proxy(pool));
        },
      });
      const asked = once(server, 'request');
      const { request, leave } = open(origin, '/');
      request.end();
      const [, response] = await asked;
      leave();
      await once(response, 'close');
      go();
      await sees(LEFT);
      expect(counts()).toEqual({ only: 0 });
    });

    it('with requests that it has pipelined is done for each', async () => {
      const { origin, backends, sees } = await serveNoting({ backends: { only: hangs } });
      const { socket } = await rawCaller(origin);
      socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
      await backends.only.request(2);
      socket.destroy();
      await sees(LEFT, LEFT, LEFT);
    });
  });

  describe('what stands after next() at shutdown', () => {
    it('is done for what runs, has begun and waits', async () => {
      const { origin, server, spillway, backends, pool, seen, settled } = await serveNoting({
        backends: { only: hangs },
        each: { only: { maxCount: 2 } },
        pool: { queue: { maxQueueLength: 5 } },
      });
      const running = call(origin, '/');
      await backends.only.request();
      backends.only.answer = begins;
      const begun = open(origin, '/');
      begun.request.end();
      await nextChunk(await begun.response);
      const waiting = call(origin, '/');
      await until(() => expect(pool.status().waiting).toBe(1));
      await within(3_000, spillway.shutdown({ server, timeoutMs: 10 }));
      expect([(await running).status, (await waiting).status]).toEqual([503, 503]);
      await settled();
      await until(() => expect(seen).toHaveLength(3));
      const statuses = seen.map(({ status, handedOver }) => [status, handedOver]);
      expect(statuses.sort()).toEqual([
        [200, false],
        [503, true],
        [503, true],
      ]);
    });

    it('is done for what comes later', async () => {
      const { origin, spillway, sees } = await serveNoting({ backends: { only: hangs } });
      await spillway.shutdown();
      await call(origin, '/', { method: 'POST', body: 'x' });
      await sees({ status: 503, handedOver: true, error: undefined });
    });
  });

  describe("what stands after next() and the application's own functions", () => {
    it('is done when onReject has answered, and sees its status', async () => {
      const { origin, sees } = await serveNoting({
        backends: { only: breaksOff },
        spillway: { onReject: host.onReject(() => ({ status: 418, body: 'own' })) },
      });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([418, 'own']);
      // The framework sends it when all middleware is done.
      await sees({ status: 418, handedOver: false, error: undefined });
    });

    it('sees the problem that onReject has passed on', async () => {
      const { origin, seen } = await serveNoting({
        backends: { only: breaksOff },
        spillway: { onReject: host.onReject(() => undefined) },
      });
      // It has a status, which the framework takes.
      expect((await call(origin, '/')).status).toBe(502);
      expect(seen).toMatchObject([{ error: { code: 'bad_gateway' } }]);
    });

    it.each(['onReject', 'the key of the affinity'])('sees what %s throws', async (where) => {
      const failure = Object.assign(new Error('own'), { status: 409 });
      const fails = () => {
        throw failure;
      };
      const { origin, seen } = await serveNoting({
        backends: { only: breaksOff },
        ...(where === 'onReject'
          ? { spillway: { onReject: host.onReject(fails) } }
          : { pool: { affinity: { key: fails } } }),
      });
      expect((await call(origin, '/')).status).toBe(409);
      expect(seen.map(({ error }) => error)).toEqual([failure]);
    });
  });
}
