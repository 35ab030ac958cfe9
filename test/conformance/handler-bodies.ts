import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { PoolOptions } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';
import { describe, expect, it } from 'vitest';
import type { AdapterHost, HostApp } from '../support/adapter-host.ts';
import { type Answer, refuses, sha256, startBackend } from '../support/backend.ts';
import { type CallOptions, call, open, rawCaller, read } from '../support/caller.ts';
import { serveApp } from '../support/serve-app.ts';
import { until, within } from '../support/until.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => unknown;

const json = '{"n":12345678901234567890,  "text":"ä€😀"}';
const jsonHeaders = { 'content-type': 'application/json' };

/** Ways to read a body, and to answer with its hash. */
const readers: Record<string, Handler> = {
  async 'for await'(request, response) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end(sha256(Buffer.concat(chunks)));
  },
  'data and end'(request, response) {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => response.end(sha256(Buffer.concat(chunks))));
  },
  readable(request, response) {
    const chunks: Buffer[] = [];
    request.on('readable', () => {
      for (let chunk = request.read(); chunk !== null; chunk = request.read()) chunks.push(chunk);
    });
    request.on('end', () => response.end(sha256(Buffer.concat(chunks))));
  },
  pipe(request, response) {
    request.pipe(response);
  },
};
const readerNames = Object.keys(readers);

/** Rules 10 and 12 where a backend is a handler: what it can read of a body that others have read. */
export function describeHandlerBodies(host: AdapterHost): void {
  /** A backend behind HTTP, and behind it the handler. */
  const behind = async (
    first: Answer | undefined,
    handler: Handler,
    more: { before?: (app: HostApp) => void; pool?: Partial<PoolOptions> } = {},
  ) => {
    const remote = first && (await startBackend(first));
    let pool: HttpPool | undefined;
    const served = await serveApp(host, (app, spillway) => {
      more.before?.(app);
      const there = remote ? [{ id: 'there', url: remote.url }] : [];
      pool = spillway.pool('versions', {
        ...more.pool,
        backends: [...there, { id: 'here', handler, priority: 2 }],
      });
      app.mount('/', spillway.proxy(pool));
      app.handle('/next', () => 'what comes next');
    });
    return { ...served, remote, pool: pool as HttpPool };
  };
  const parsed = (app: HostApp) => app.parseJson({ keepRawBody: true });
  /** An application of the framework as a handler: its own parser, and what that found. */
  const application = () => {
    const app = host.createApp();
    app.parseJson({ keepRawBody: false });
    app.route('/', [], (job) => job.answer(200, JSON.stringify(job.body)));
    return app.listener();
  };

  describe('a handler after a backend behind HTTP that refused', () => {
    it.each([0, 100, 70_000, 900_000])('reads all of a body of %i bytes', async (size) => {
      const body = Buffer.alloc(size, 'b');
      for (const name of readerNames) {
        const { origin, remote } = await behind(refuses(), readers[name] as Handler);
        const { status, text } = await call(origin, '/', { method: 'POST', body });
        expect([name, status]).toEqual([name, 200]);
        expect([name, text]).toEqual([name, name === 'pipe' ? String(body) : sha256(body)]);
        expect(remote?.received).toHaveLength(1);
      }
    });

    it.each<[string, CallOptions]>([
      ['with its length', { body: json, headers: jsonHeaders }],
      ['chunked', { body: json, chunkBytes: 9, headers: jsonHeaders }],
    ])('reads what a parser has kept: %s', async (_, options) => {
      for (const name of readerNames) {
        const handler = readers[name] as Handler;
        const { origin, remote } = await behind(refuses(), handler, { before: parsed });
        const { status, text } = await call(origin, '/', { method: 'POST', ...options });
        expect([name, status]).toEqual([name, 200]);
        expect([name, text]).toEqual([name, name === 'pipe' ? json : sha256(json)]);
        expect((await remote?.request())?.sha256).toBe(sha256(json));
      }
    });

    it.each<[string, ((app: HostApp) => void) | undefined]>([
      ['nobody before', undefined],
      ['a parser before', parsed],
    ])('parses it with a parser of its own, %s', async (_, before) => {
      const { origin } = await behind(refuses(), application(), before && { before });
      const calls = [
        { body: json, headers: jsonHeaders },
        { body: json, chunkBytes: 9, headers: jsonHeaders },
        { body: gzipSync(json), headers: { ...jsonHeaders, 'content-encoding': 'gzip' } },
      ];
      for (const options of calls) {
        const { status, text } = await call(origin, '/', { method: 'POST', ...options });
        expect([status, JSON.parse(text)]).toEqual([200, JSON.parse(json)]);
      }
    });

    it('reads what comes later of an upload that the refusal was ahead of', async () => {
      const early: Answer = (_request, response) => void response.writeHead(429).end('full');
      const begun: IncomingMessage[] = [];
      const { origin } = await behind(early, (request, response, next) => {
        begun.push(request);
        return readers['data and end']?.(request, response, next);
      });
      const { request, response } = open(origin, '/', { method: 'POST' });
      request.write('the first part, ');
      await until(() => expect(begun).toHaveLength(1));
      request.write('the second, ');
      request.end('the third');
      const { status, text } = await read(await response);
      expect([status, text]).toEqual([200, sha256('the first part, the second, the third')]);
    });

    it('leaves the connection to the next request, whatever it reads', async () => {
      const early: Answer = (_request, response) => void response.writeHead(429).end('full');
      const { origin } = await behind(early, (_request, response) => void response.end('unread'));
      const { socket, until: comes, text } = await rawCaller(origin);
      const size = 200_000;
      for (let count = 1; count <= 3; count++) {
        socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`);
        socket.write('x'.repeat(size / 2));
        await until(() => expect(text().match(/unread/g)).toHaveLength(count));
        socket.write('x'.repeat(size / 2));
      }
      socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      await comes('connection: close');
      await until(() => expect(text().match(/unread/g)).toHaveLength(4));
    });

    it('passes the request on with its body', async () => {
      const bodies: string[] = [];
      const { origin } = await behind(refuses(), async (request, _response, next) => {
        for await (const chunk of request) bodies.push(String(chunk));
        next();
      });
      const { text } = await call(origin, '/next', {
        body: 'of a GET',
        headers: { 'content-length': 8 },
      });
      expect([bodies, text]).toEqual([['of a GET'], 'what comes next']);
    });

    it('reads a body of any size of which a backend that cannot be reached has got nothing', async () => {
      const gone = await startBackend(refuses());
      await gone.close();
      let pool: HttpPool | undefined;
      const { origin } = await serveApp(host, (app, spillway) => {
        pool = spillway.pool('versions', {
          backends: [
            { id: 'there', url: gone.url },
            { id: 'here', handler: readers['for await'] as Handler, priority: 2 },
          ],
        });
        app.mount('/', spillway.proxy(pool));
      });
      const body = Buffer.alloc(3_000_000, 'b');
      const { status, text } = await call(origin, '/', { method: 'POST', body });
      expect([status, text]).toEqual([200, sha256(body)]);
      expect(pool?.status().backends[0]?.attempts.connect_error).toBe(1);
    });

    it('is told when its caller leaves while it reads', async () => {
      const early: Answer = (_request, response) => void response.writeHead(429).end('full');
      let begun = false;
      const { promise: told, resolve: tell } = Promise.withResolvers<string>();
      const { origin, pool } = await behind(early, (request) => {
        begun = true;
        request.resume().on('error', ({ message }) => tell(message));
      });
      const { request, leave } = open(origin, '/', { method: 'POST' });
      request.write('the first part');
      await until(() => expect(begun).toBe(true));
      leave();
      expect(await within(3_000, told)).toBe('aborted');
      await until(() => expect(pool.status().running).toBe(0));
    });

    it('frees the backend that refused, however much that has to say', async () => {
      const talks: Answer = (_request, response) => {
        response.writeHead(429);
        response.write(Buffer.alloc(1_000_000));
      };
      const responses: ServerResponse[] = [];
      const { origin, pool } = await behind(talks, (_request, response) => {
        responses.push(response);
      });
      const calling = call(origin, '/', { method: 'POST', body: 'a body' });
      await until(() => expect(responses).toHaveLength(1));
      const running = pool.status().backends.map(({ id, running: count }) => [id, count]);
      expect(running).toEqual([
        ['there', 0],
        ['here', 1],
      ]);
      responses[0]?.end('here');
      expect((await calling).text).toBe('here');
    });

    it('is not reached by a body that was too large to keep', async () => {
      const { origin } = await behind(refuses(), readers['for await'] as Handler, {
        pool: { retry: { maxBodyBytes: 10 } },
      });
      const called = await call(origin, '/', { method: 'POST', body: 'longer than ten' });
      expect(called.status).toBe(429);
      expect((await call(origin, '/', { method: 'POST', body: 'ten, least' })).status).toBe(200);
    });
  });

  describe('a handler that is asked first, behind a parser', () => {
    it('reads what the parser has kept', async () => {
      for (const name of readerNames) {
        const handler = readers[name] as Handler;
        const { origin } = await behind(undefined, handler, { before: parsed });
        const { text } = await call(origin, '/', {
          method: 'POST',
          body: json,
          headers: jsonHeaders,
        });
        expect([name, text]).toEqual([name, name === 'pipe' ? json : sha256(json)]);
      }
    });

    it('is reached though the parser has kept nothing', async () => {
      const { origin } = await behind(undefined, (_q, response) => void response.end('here'), {
        before: (app) => app.parseJson({ keepRawBody: false }),
      });
      const options = { method: 'POST', body: json, headers: jsonHeaders };
      expect((await call(origin, '/', options)).text).toBe('here');
    });
  });
}
