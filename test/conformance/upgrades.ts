import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { type Answer, answers, hangs, refuses, sha256 } from '../support/backend.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Served, type ServeOptions, serve } from '../support/serve.ts';
import { until } from '../support/until.ts';
import {
  ask,
  closed,
  connectTo,
  handshake,
  open,
  openSocket,
  switchesProtocols,
} from '../support/websockets.ts';

/** WebSockets through `proxy.upgrade`. */
export function describeUpgrades(host: AdapterHost): void {
  async function serveSockets<const Ids extends string>(
    options: ServeOptions<Ids>,
  ): Promise<Served<Ids>> {
    const served = await serve(host, options);
    served.server.on('upgrade', served.spillway.proxy(served.pool).upgrade);
    return served;
  }
  /** Answers a plain request only, so that an upgrade is refused with it. */
  const plain: Answer = answers(200, 'plain');
  const running = ({ pool }: Served<string>) => pool.status().backends.map((each) => each.running);

  describe('WebSockets', () => {
    it('carry messages both ways, whole and in order', async () => {
      const { origin, backends } = await serveSockets({ backends: { only: plain } });
      switchesProtocols(backends.only);
      const socket = await open(origin);
      expect(String(await ask(socket, 'hello'))).toBe('hello');
      const large = randomBytes(3_000_000);
      expect(sha256(await ask(socket, large))).toBe(sha256(large));
      for (let each = 0; each < 100; each++) socket.send(String(each));
      const received: string[] = [];
      socket.on('message', (data) => received.push(String(data)));
      await until(() => expect(received).toHaveLength(100));
      expect(received).toEqual(Array.from({ length: 100 }, (_, each) => String(each)));
    });

    it('reach the backend by its path, with its credentials', async () => {
      const { origin, backends } = await serveSockets({
        backends: { only: plain },
        base: '/base',
        each: { only: { headers: { 'api-key': 'of the backend' } } },
      });
      const { requests } = switchesProtocols(backends.only);
      const socket = await open(origin, '/chat?room=1', {
        protocols: ['v1.chat'],
        headers: { 'api-key': 'of the caller', authorization: 'Bearer mine', 'x-mine': 'yes' },
      });
      expect(socket.protocol).toBe('v1.chat');
      expect(requests[0]?.url).toBe('/base/chat?room=1');
      expect(requests[0]?.headers).toMatchObject({
        connection: expect.stringMatching(/^upgrade$/i),
        upgrade: 'websocket',
        'api-key': 'of the backend',
        'x-mine': 'yes',
      });
      expect(requests[0]?.headers.authorization).toBeUndefined();
    });

    it.each([
      ['429', refuses()],
      ['503', answers(503, 'down')],
      ['a broken connection', ((request) => void request.socket.destroy()) satisfies Answer],
    ])('go on to the next backend when one refuses with %s', async (_how, first) => {
      const { origin, backends, pool } = await serveSockets({
        backends: { first, second: plain },
      });
      switchesProtocols(backends.second);
      expect(String(await ask(await open(origin), 'served'))).toBe('served');
      expect(pool.status().backends[0]?.running).toBe(0);
      expect(pool.status().backends[1]?.running).toBe(1);
    });

    it('go on to the next backend when one cannot be reached', async () => {
      const { origin, backends } = await serveSockets({ backends: { gone: plain, here: plain } });
      await backends.gone.close();
      switchesProtocols(backends.here);
      expect(String(await ask(await open(origin), 'served'))).toBe('served');
    });

    it('go on to the next backend when one does not answer in time', async () => {
      const { origin, backends } = await serveSockets({
        backends: { silent: hangs, serving: plain },
        pool: { timeouts: { headersMs: 50 } },
      });
      switchesProtocols(backends.serving);
      expect(String(await ask(await open(origin), 'served'))).toBe('served');
    });

    it('go on to the next backend when one is removed before it has answered', async () => {
      const { origin, backends, pool } = await serveSockets({
        backends: { leaving: hangs, staying: plain },
      });
      switchesProtocols(backends.staying);
      const opening = open(origin);
      await backends.leaving.request();
      await pool.remove('leaving');
      expect(String(await ask(await opening, 'served'))).toBe('served');
    });

    it('that every backend refuses are answered as any request', async () => {
      const throttled = await serveSockets({ backends: { first: refuses(7), second: refuses(9) } });
      const refused = await openSocket(throttled.origin);
      expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '9' } });
      expect(refused).toMatchObject({ headers: { connection: 'close' } });
      const silent = await serveSockets({
        backends: { only: hangs },
        pool: { timeouts: { headersMs: 50 } },
      });
      expect(await openSocket(silent.origin)).toMatchObject({
        status: 504,
        text: expect.stringContaining('"gateway_timeout"'),
      });
      const other = await serveSockets({ backends: { only: plain } });
      expect(await openSocket(other.origin)).toMatchObject({ status: 200, text: 'plain' });
    });

    it('count as running at their backend until they close', async () => {
      const served = await serveSockets({
        backends: { first: plain, second: plain },
        each: { first: { maxCount: 1 }, second: { maxCount: 1 } },
      });
      for (const backend of Object.values(served.backends)) switchesProtocols(backend);
      const one = await open(served.origin);
      const two = await open(served.origin);
      expect(running(served)).toEqual([1, 1]);
      expect(await openSocket(served.origin)).toMatchObject({
        status: 503,
        text: expect.stringContaining('"no_backend"'),
      });
      one.close();
      await closed(one);
      await until(() => expect(running(served)).toEqual([0, 1]));
      expect(String(await ask(await open(served.origin), 'again'))).toBe('again');
      two.terminate();
      await until(() => expect(running(served)).toEqual([1, 0]));
    });

    it('count as answered when they are open, however long that lasts', async () => {
      const clock = new FakeClock();
      const served = await serveSockets({ backends: { only: plain }, spillway: { clock } });
      switchesProtocols(served.backends.only);
      const socket = await open(served.origin);
      // Nobody has waited for as long as that.
      clock.advance(10_000);
      socket.close();
      await closed(socket);
      await served.settled();
      const { chat } = served.spillway.status().requests;
      expect(chat).toMatchObject({ total: 1, failed: 0, apdex: 1 });
    });

    it('with the same key go to the same backend, and a new session is given its cookie', async () => {
      const backends = { a: plain, b: plain, c: plain };
      const each = { a: { priority: 1 }, b: { priority: 1 }, c: { priority: 1 } };
      const byHeader = await serveSockets({
        backends,
        each,
        pool: { affinity: { header: 'x-session' } },
      });
      const servers = Object.values(byHeader.backends).map((backend) => switchesProtocols(backend));
      for (let time = 0; time < 5; time++) {
        for (const key of ['anna', 'berta', 'carla', 'dora']) {
          await open(byHeader.origin, `/${key}`, { headers: { 'x-session': key } });
        }
      }
      for (const key of ['anna', 'berta', 'carla', 'dora']) {
        const seen = servers.map(({ requests }) => requests.filter((r) => r.url === `/${key}`));
        expect(seen.map((each) => each.length).sort()).toEqual([0, 0, 5]);
      }
      const byCookie = await serveSockets({
        backends: { only: plain },
        pool: { affinity: { cookie: 'session' } },
      });
      switchesProtocols(byCookie.backends.only);
      const opened = await openSocket(byCookie.origin);
      expect(opened.headers['set-cookie']).toEqual([expect.stringMatching(/^session=.*HttpOnly/)]);
    });

    it('end with their caller, and with their backend, however these leave', async () => {
      const served = await serveSockets({ backends: { only: plain } });
      const { clients } = switchesProtocols(served.backends.only);
      const polite = await open(served.origin);
      polite.close(1000);
      await until(() => expect(clients.size).toBe(0));
      const rude = await open(served.origin);
      rude.terminate();
      await until(() => expect(clients.size).toBe(0));
      const ended = await open(served.origin);
      for (const client of clients) client.close(4001);
      expect(await closed(ended)).toBe(4001);
      const cut = await open(served.origin);
      for (const socket of served.backends.only.sockets) socket.resetAndDestroy();
      expect(await closed(cut)).toBe(1006);
      await served.settled();
    });

    it('of a caller that leaves before its backend has answered are given up', async () => {
      const served = await serveSockets({ backends: { only: hangs } });
      const socket = await connectTo(served.server);
      socket.write(handshake());
      const { closed } = await served.backends.only.request();
      expect(running(served)).toEqual([1]);
      socket.resetAndDestroy();
      expect(await closed).toBe('aborted');
      await served.settled();
    });

    it('lose nothing of what came with the head of the request, or of the answer', async () => {
      const served = await serveSockets({ backends: { refusing: refuses(), switching: plain } });
      const { server } = served.backends.switching;
      server.on('upgrade', (_request, socket, head: Buffer) => {
        let text = String(head);
        socket.on('data', (chunk: Buffer) => {
          text += String(chunk);
          if (text === 'early') socket.end('late');
        });
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n');
        socket.write('Connection: Upgrade\r\n\r\nfirst,');
      });
      const socket = await connectTo(served.server);
      socket.write(`${handshake()}early`);
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      await once(socket, 'end');
      expect(text).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n.*\r\n\r\nfirst,late$/s);
      socket.end();
    });

    it('of a backend that is removed may end, until the time is up', async () => {
      const served = await serveSockets({ backends: { leaving: plain, staying: plain } });
      for (const backend of Object.values(served.backends)) switchesProtocols(backend);
      const ending = await open(served.origin);
      const drained = served.pool.remove('leaving', { drain: true });
      expect(String(await ask(ending, 'still here'))).toBe('still here');
      expect(String(await ask(await open(served.origin), 'elsewhere'))).toBe('elsewhere');
      ending.close();
      await drained;
      const again = served.backends.leaving.url;
      served.pool.add({ id: 'again', url: again, priority: 0 });
      const lasting = await open(served.origin);
      const cut = closed(lasting);
      await served.pool.remove('again', { drain: true, timeoutMs: 50 });
      expect(await cut).toBe(1006);
    });

    it('may end while the service shuts down, until the time is up', async () => {
      const served = await serveSockets({ backends: { only: plain } });
      switchesProtocols(served.backends.only);
      const socket = await open(served.origin);
      const cut = closed(socket);
      const over = served.spillway.shutdown({ server: served.server, timeoutMs: 200 });
      expect(String(await ask(socket, 'still here'))).toBe('still here');
      await over;
      expect(await cut).toBe(1006);
    });

    it('are refused once requests are', async () => {
      const served = await serveSockets({ backends: { only: plain } });
      await served.spillway.shutdown();
      expect(await openSocket(served.origin)).toMatchObject({
        status: 503,
        text: expect.stringContaining('"shutting_down"'),
      });
    });

    it('trip breakers by how they are refused', async () => {
      const served = await serveSockets({
        backends: { limited: refuses(), free: plain },
        each: { limited: { breaker: { failureCount: 2, tripDurationMs: 60_000 } } },
      });
      switchesProtocols(served.backends.free);
      for (let time = 0; time < 4; time++) await open(served.origin);
      expect(served.backends.limited.received).toHaveLength(2);
    });

    it.each([
      ['another protocol', handshake().replace('websocket', 'h2c')],
      ['another method', handshake().replace('GET', 'POST')],
      ['a body', handshake('/', ['Content-Length: 5']).concat('early')],
      ['a body in chunks', handshake('/', ['Transfer-Encoding: chunked']).concat('0\r\n\r\n')],
    ])('are what is switched to, and not %s', async (_what, head) => {
      const served = await serveSockets({ backends: { only: plain } });
      switchesProtocols(served.backends.only);
      const socket = await connectTo(served.server);
      socket.write(head);
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      expect(text).toMatch(/^HTTP\/1.1 400 .*"code":"bad_request"/s);
      expect(served.counts()).toEqual({ only: 0 });
    });

    it('fail alone when a function of the application throws', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      onTestFinished(() => warned.mockRestore());
      const served = await serveSockets({
        backends: { only: plain },
        pool: {
          affinity: {
            key({ headers }) {
              if (headers['x-bad']) throw new Error('of the application');
              return 'good';
            },
          },
        },
      });
      switchesProtocols(served.backends.only);
      const bad = await openSocket(served.origin, '/', { headers: { 'x-bad': 'yes' } });
      expect(bad).toMatchObject({ status: 500, headers: { connection: 'close' } });
      expect(String(await ask(await open(served.origin), 'served'))).toBe('served');
    });

    it('behind a request that is still being answered end with it', async () => {
      const served = await serveSockets({ backends: { only: hangs } });
      const { requests } = switchesProtocols(served.backends.only);
      const socket = await connectTo(served.server);
      socket.write('GET /slow HTTP/1.1\r\nHost: spillway.test\r\n\r\n');
      await served.backends.only.request();
      socket.write(handshake());
      await once(socket.resume(), 'close');
      expect([socket.bytesRead, requests]).toEqual([0, []]);
    });

    it('are not for handlers', async () => {
      const served = await serveSockets({ backends: { behind: plain } });
      switchesProtocols(served.backends.behind);
      served.pool.add({ id: 'handler', priority: 0, handler: (_req, res) => res.end('handled') });
      expect(String(await ask(await open(served.origin), 'served'))).toBe('served');
    });
  });
}
