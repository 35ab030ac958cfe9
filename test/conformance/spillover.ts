import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, refuses, sha256 } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { serve } from '../support/serve.ts';

const resets: Answer = async (request, _response, received) => {
  await received.body;
  request.socket.destroy();
};

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH'];
const SAFE_TO_REPEAT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Rules 10 and 11: what is tried elsewhere, and what is not. */
export function describeSpillover(host: AdapterHost): void {
  describe('spillover', () => {
    it('serves from the next level when the first answers 429', async () => {
      const { origin, counts, pool } = await serve(host, {
        backends: { ptu: refuses(1), payg: answers(200, 'from payg', { 'x-from': 'payg' }) },
      });
      const { status, text, headers } = await call(origin, '/chat', { method: 'POST', body: '{}' });
      expect({ status, text, from: headers['x-from'] }).toEqual({
        status: 200,
        text: 'from payg',
        from: 'payg',
      });
      expect(counts()).toEqual({ ptu: 1, payg: 1 });
      expect(pool.status().spillovers).toEqual([{ from: 1, to: 2, count: 1 }]);
    });

    it('asks one backend after another, however many, and warns of no leak', async () => {
      const warnings: Error[] = [];
      const warn = (warning: Error) => warnings.push(warning);
      process.on('warning', warn);
      onTestFinished(() => void process.off('warning', warn));
      const backends = Object.fromEntries(
        Array.from({ length: 15 }, (_, index) => [`b${index}`, refuses()]),
      );
      const { origin } = await serve(host, { backends: { ...backends, last: answers(200) } });
      expect((await call(origin, '/', { method: 'POST', body: 'x' })).status).toBe(200);
      await new Promise((resolve) => setImmediate(resolve));
      expect(warnings).toEqual([]);
    });

    it('shows no 429 to any of many callers while the last level has room', async () => {
      let turn = 0;
      const mostly: Answer = (...args) => (turn++ % 3 === 0 ? answers(200) : refuses(1))(...args);
      const { origin, counts } = await serve(host, {
        backends: { ptu: mostly, spare: refuses(1), payg: answers(200) },
        pool: { breaker: { failureCount: 3, tripDurationMs: 20 } },
      });
      const calls = Array.from({ length: 60 }, () =>
        call(origin, '/', { method: 'POST', body: 'x' }),
      );
      const statuses = (await Promise.all(calls)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(counts().payg).toBeGreaterThan(30);
    });

    it('tries each backend of a level once before it goes to the next', async () => {
      const { origin, counts } = await serve(host, {
        backends: { a: refuses(), b: refuses(), c: refuses(), payg: answers(200) },
        each: { b: { priority: 1 }, c: { priority: 1 } },
      });
      expect((await call(origin, '/')).status).toBe(200);
      expect(counts()).toEqual({ a: 1, b: 1, c: 1, payg: 1 });
    });

    it('streams the answer of the next level, refused first or not', async () => {
      const { origin } = await serve(host, {
        backends: {
          ptu: refuses(),
          payg: (_request, response) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            for (let event = 0; event < 5; event++) response.write(`data: ${event}\n\n`);
            response.end();
          },
        },
      });
      const { text, headers } = await call(origin, '/', { method: 'POST', body: '{}' });
      expect(text).toBe('data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n');
      expect(headers['content-type']).toBe('text/event-stream');
    });

    it('makes no more attempts than maxAttempts', async () => {
      const { origin, counts } = await serve(host, {
        backends: { a: refuses(), b: refuses(), c: answers(200) },
        pool: { retry: { maxAttempts: 2 } },
      });
      expect((await call(origin, '/')).status).toBe(429);
      expect(counts()).toEqual({ a: 1, b: 1, c: 0 });
    });

    it('passes on at once what retry.statusCodes does not name', async () => {
      const { origin, counts } = await serve(host, {
        backends: { a: answers(500, 'as it is'), b: answers(200) },
        pool: { retry: { statusCodes: [429] } },
      });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([500, 'as it is']);
      expect(counts()).toEqual({ a: 1, b: 0 });
    });

    describe.each([
      { failure: 429, answer: answers(429), onlySafe: false },
      { failure: 503, answer: answers(503), onlySafe: false },
      { failure: 500, answer: answers(500), onlySafe: true },
      { failure: 502, answer: answers(502), onlySafe: true },
      { failure: 504, answer: answers(504), onlySafe: true },
      { failure: 'reset', answer: resets, onlySafe: true },
    ])('after $failure', ({ failure, answer, onlySafe }) => {
      const passedOn = failure === 'reset' ? 502 : failure;

      it.each(METHODS)('%s', async (method) => {
        const { origin, counts } = await serve(host, {
          backends: { first: answer, second: answers(200) },
        });
        const repeated = !onlySafe || SAFE_TO_REPEAT.has(method);
        const withBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
        const { status } = await call(origin, '/', { method, ...(withBody && { body: 'data' }) });
        expect(status).toBe(repeated ? 200 : passedOn);
        expect(counts()).toEqual({ first: 1, second: repeated ? 1 : 0 });
      });

      it.each(['POST', 'PATCH'])('%s with retry.unsafe', async (method) => {
        const { origin, counts } = await serve(host, {
          backends: { first: answer, second: answers(200) },
          pool: { retry: { unsafe: true } },
        });
        expect((await call(origin, '/', { method, body: 'data' })).status).toBe(200);
        expect(counts()).toEqual({ first: 1, second: 1 });
      });
    });

    it.each(METHODS)('tries elsewhere when the connection is refused: %s', async (method) => {
      const { origin, backends, pool } = await serve(host, {
        backends: { gone: answers(200), there: answers(200) },
      });
      await backends.gone.close();
      const { status } = await call(origin, '/', { method });
      expect(status).toBe(200);
      expect(pool.status().backends[0]?.attempts).toMatchObject({ connect_error: 1, reset: 0 });
    });

    it.each([400, 401, 404, 408, 409, 413, 422, 501])('never repeats a %i', async (refusal) => {
      const { origin, counts } = await serve(host, {
        backends: { first: answers(refusal, 'why'), second: answers(200) },
      });
      const { status, text } = await call(origin, '/');
      expect([status, text]).toEqual([refusal, 'why']);
      expect(counts()).toEqual({ first: 1, second: 0 });
    });

    it('never repeats once a byte of the answer went to the caller', async () => {
      const { origin, counts } = await serve(host, {
        backends: {
          first: (request, response) => {
            response.writeHead(200, { 'content-length': 100 });
            response.write('beginning', () => request.socket.destroy());
          },
          second: answers(200),
        },
      });
      await expect(call(origin, '/')).rejects.toThrow('aborted');
      expect(counts()).toEqual({ first: 1, second: 0 });
    });

    it('sends the same bytes with the credentials of each backend and of no other', async () => {
      const body = JSON.stringify({ messages: [{ role: 'user', content: 'ä€😀' }] });
      const { origin, backends } = await serve(host, {
        backends: { ptu: refuses(), spare: refuses(), open: answers(200) },
        each: {
          ptu: { headers: { 'Api-Key': 'ptu-key', 'x-only-ptu': '1' } },
          spare: { headers: { Authorization: 'Bearer spare-key' } },
        },
      });
      const headers = { 'api-key': 'of the caller', authorization: 'Bearer caller' };
      await call(origin, '/', { method: 'POST', body, headers });
      const sent = Object.values(backends).map(({ received }) => {
        const { authorization, 'api-key': key, 'x-only-ptu': only } = received[0]?.headers ?? {};
        const same = received[0]?.sha256 === sha256(body);
        return { key, authorization, only, same };
      });
      expect(sent).toEqual([
        { key: 'ptu-key', authorization: undefined, only: '1', same: true },
        { key: undefined, authorization: 'Bearer spare-key', only: undefined, same: true },
        { key: 'of the caller', authorization: 'Bearer caller', only: undefined, same: true },
      ]);
    });
  });
}
