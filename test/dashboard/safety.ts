import type { Coordinator } from '@spillway/core';
import { dashboard } from '@spillway/dashboard';
import type { AdapterHost } from '@spillway/test/support/adapter-host.ts';
import { call, rawCall, rawCaller } from '@spillway/test/support/caller.ts';
import { until } from '@spillway/test/support/until.ts';
import { describe, expect, it } from 'vitest';
import { authorize, startControlRoom, type TestControlRoom } from './control-room.ts';

const SHARES = { shares: { stable: 0.5, canary: 0.5 } };
const PATH = '/pools/chat/traffic';

async function refusedAs(
  room: TestControlRoom,
  headers: Record<string, string | undefined>,
): Promise<unknown[]> {
  const answer = await room.change('PUT', PATH, SHARES, headers);
  expect(room.pool.status().backends.map(({ weight }) => weight)).toEqual([9, 1, 1]);
  return [answer.status, answer.json().code];
}

/** It shares nothing, and cannot tell others of the traffic. */
function failingToPublish(error: Error): Coordinator {
  return {
    join() {},
    slots() {
      throw error;
    },
    traffic: () => ({
      publish() {
        throw error;
      },
      close() {},
    }),
    breaker: () => ({ tripped() {}, closed() {}, awaitTrial() {}, trial() {}, close() {} }),
    close: async () => {},
  };
}

/** What nobody should be able to do. */
export function describeSafety(host: AdapterHost): void {
  describe('is safe', () => {
    it('without authorize: it is not made, and the error says how', () => {
      const spillway = host.createSpillway();
      expect(() => dashboard(spillway as never, {} as never)).toThrow(
        'dashboard.authorize must be a function (request) => ({ name, role })',
      );
      expect(() => dashboard(spillway as never, undefined as never)).toThrow('dashboard.authorize');
    });

    it('from those who are not let in, at every path', async () => {
      const { get, origin } = await startControlRoom(host);
      for (const path of [
        '/',
        '/status',
        '/stream',
        '/session',
        '/openapi.json',
        '/assets/a.js',
        '/none',
      ]) {
        const answer = await get(path, { 'x-user': undefined });
        expect([path, answer.status, answer.json().code]).toEqual([path, 403, 'forbidden']);
      }
      const bare = await call(origin, '/spillway/pools/chat/traffic', { method: 'PUT' });
      expect(bare.json().code).toBe('forbidden');
    });

    it('where authorize fails, or gives nothing of use: nobody is let in, or told why', async () => {
      const logged: unknown[] = [];
      const logger = {
        info() {},
        warn() {},
        error: (...told: unknown[]) => void logged.push(told),
      };
      const answers: (() => unknown)[] = [
        () => {
          throw new Error('password of the directory: s3cret');
        },
        () => Promise.reject(new Error('s3cret')),
        () => ({ name: 'ann' }),
        () => ({ name: '', role: 'operator' }),
        () => ({ name: 'ann', role: 'admin' }),
        () => true,
      ];
      let asked = () => authorize({ headers: { 'x-user': 'operator' } }) as unknown;
      const { get } = await startControlRoom(host, {
        logger,
        dashboard: { authorize: () => asked() as never },
      });
      for (const answer of answers) {
        asked = answer;
        const { status, text } = await get('/status');
        expect([status, text]).toEqual([503, expect.not.stringContaining('s3cret')]);
      }
      expect(logged).toHaveLength(answers.length);
    });

    it('from a viewer who steers', async () => {
      const room = await startControlRoom(host);
      expect(await refusedAs(room, { 'x-user': 'viewer vic' })).toEqual([403, 'wrong_role']);
      expect((await room.get('/status', { 'x-user': 'viewer vic' })).status).toBe(200);
    });

    it('from pages of other origins', async () => {
      const room = await startControlRoom(host);
      const { host: ours } = new URL(room.origin);
      const refused = [403, 'wrong_origin'];
      expect(await refusedAs(room, { origin: 'https://evil.example' })).toEqual(refused);
      expect(await refusedAs(room, { origin: 'null' })).toEqual(refused);
      expect(await refusedAs(room, { origin: `http://${ours}1` })).toEqual(refused);
      for (const site of ['cross-site', 'same-site', 'other']) {
        expect(await refusedAs(room, { 'sec-fetch-site': site })).toEqual(refused);
      }
      const looked = await room.get('/status', { 'sec-fetch-site': 'cross-site' });
      expect(looked.json()).toMatchObject({
        code: 'wrong_origin',
        detail: 'pages of other origins may not ask this',
      });
      for (const headers of [
        { origin: room.origin },
        { 'sec-fetch-site': 'same-origin', origin: 'https://behind-a-proxy.example' },
      ]) {
        expect((await room.change('PUT', `${PATH}?dryRun=true`, SHARES, headers)).status).toBe(200);
      }
    });

    it('from pages of other origins, by whatever name and port the service is asked', async () => {
      const { origin } = await startControlRoom(host);
      const statusOf = async (version: string, headers: string) => {
        const head = `GET /spillway/session HTTP/${version}\r\n${headers}X-User: operator ann\r\n`;
        return Number((await rawCall(origin, `${head}Connection: close\r\n\r\n`)).slice(9, 12));
      };
      const asked = (theirs: string, ours: string) =>
        statusOf('1.1', `Host: ${ours}\r\nOrigin: ${theirs}\r\n`);
      expect(await asked('http://a.example', 'a.example:80')).toBe(200);
      expect(await asked('https://a.example', 'A.example:443')).toBe(200);
      expect(await asked('http://[::1]', '[::1]:80')).toBe(200);
      expect(await asked('http://a.example', 'a.example:443')).toBe(403);
      expect(await asked('http://a.example', 'a.example:8080')).toBe(403);
      expect(await asked('http://b.example', 'a.example')).toBe(403);
      expect(await asked('null', 'a.example')).toBe(403);
      expect(await asked('file://', '')).toBe(403);
      expect(await statusOf('1.0', 'Origin: null\r\n')).toBe(403);
    });

    it('at a URL of the absolute form as at any other', async () => {
      const { origin } = await startControlRoom(host);
      const { host: ours } = new URL(origin);
      const statusOf = async (path: string, user: string) => {
        const head = `GET http://b.example${path} HTTP/1.1\r\nHost: ${ours}\r\n${user}`;
        return Number((await rawCall(origin, `${head}Connection: close\r\n\r\n`)).slice(9, 12));
      };
      expect(await statusOf('/spillway/status?a=/b', 'X-User: operator ann\r\n')).toBe(200);
      expect(await statusOf('/spillway', 'X-User: operator ann\r\n')).toBe(302);
      expect(await statusOf('/spillway/none', 'X-User: operator ann\r\n')).toBe(404);
      expect(await statusOf('/spillway/status', '')).toBe(403);
    });

    it('from forms, which cannot send JSON', async () => {
      const room = await startControlRoom(host);
      for (const type of [
        undefined,
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
      ]) {
        expect(await refusedAs(room, { 'content-type': type })).toEqual([
          415,
          'wrong_content_type',
        ]);
      }
    });

    it('without the token, and with that of somebody else', async () => {
      const room = await startControlRoom(host);
      const other = (await room.get('/session', { 'x-user': 'operator bob' })).json().token;
      const viewers = (await room.get('/session', { 'x-user': 'viewer vic' })).json().token;
      for (const token of [undefined, '', 'x', String(other), String(viewers), `${other}x`]) {
        expect(await refusedAs(room, { 'x-spillway-token': token })).toEqual([403, 'wrong_token']);
      }
    });

    it('with tokens that hold in every instance that has the secret, and in no other', async () => {
      const tokenSecret = 'a secret that all the instances have';
      const tokenOf = async (secret?: string) => {
        const room = await startControlRoom(host, {
          dashboard: { ...(secret && { tokenSecret: secret }) },
        });
        return (await room.get('/session')).json().token;
      };
      expect(await tokenOf(tokenSecret)).toBe(await tokenOf(tokenSecret));
      expect(await tokenOf(`${tokenSecret}!`)).not.toBe(await tokenOf(tokenSecret));
      expect(await tokenOf()).not.toBe(await tokenOf());
      const short = () => startControlRoom(host, { dashboard: { tokenSecret: 'short' } });
      await expect(short()).rejects.toThrow(
        'dashboard.tokenSecret must be a string of at least 32',
      );
      await expect(short()).rejects.not.toThrow(/"short"/);
    });

    it('from those who change things all the time, and says when they may again', async () => {
      const room = await startControlRoom(host, { dashboard: { maxChangesPerMinute: 2 } });
      const change = (headers = {}) => room.change('PUT', PATH, SHARES, headers);
      expect((await change()).status).toBe(200);
      expect((await change()).status).toBe(200);
      const refused = await change();
      expect([refused.status, refused.json().code]).toEqual([429, 'too_many_changes']);
      expect(refused.headers['retry-after']).toBe('30');
      expect((await change({ 'x-user': 'operator bob' })).status).toBe(200);
      expect((await room.change('PUT', `${PATH}?dryRun=true`, SHARES)).status).toBe(200);
      room.clock.advance(30_000);
      expect((await change()).status).toBe(200);
      expect((await change()).status).toBe(429);
    });

    it('from large bodies, whether their length is said or not', async () => {
      const room = await startControlRoom(host);
      const large = JSON.stringify({ shares: { stable: 1 }, more: 'x'.repeat(10 * 1024 * 1024) });
      const refused = await room.change('PUT', PATH, large);
      expect([refused.status, refused.json().code]).toEqual([413, 'body_too_large']);
      const { token } = (await room.get('/session')).json();
      const chunked = await call(room.origin, `/spillway${PATH}`, {
        method: 'PUT',
        headers: {
          'x-user': 'operator ann',
          'content-type': 'application/json',
          'x-spillway-token': String(token),
        },
        body: large,
        chunkBytes: 64 * 1024,
      });
      expect(chunked.json().code).toBe('body_too_large');
      expect(room.pool.status().backends.map(({ weight }) => weight)).toEqual([9, 1, 1]);
    });

    it('from bodies that are not JSON, and those that break off', async () => {
      const room = await startControlRoom(host);
      for (const body of ['{', 'shares', '{"shares":{"stable":1}']) {
        expect((await room.change('PUT', PATH, body)).json().code).toBe('body_not_json');
      }
      const { token } = (await room.get('/session')).json();
      const caller = await rawCaller(room.origin);
      caller.socket.write(
        `PUT /spillway${PATH} HTTP/1.1\r\nHost: a\r\nX-User: operator ann\r\nX-Spillway-Token: ${token}\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{"shares"`,
      );
      caller.socket.end();
      await until(() => expect(caller.socket.closed).toBe(true));
      expect((await room.get('/status')).status).toBe(200);
      expect(room.pool.status().backends.map(({ weight }) => weight)).toEqual([9, 1, 1]);
    });

    it('for browsers: nothing is framed, sniffed, cached or had from elsewhere', async () => {
      const { get } = await startControlRoom(host);
      for (const path of ['/status', '/none', '/openapi.json', '/session']) {
        const { headers } = await get(path);
        expect(headers).toMatchObject({
          'cache-control': 'no-store',
          'content-security-policy':
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
        });
        expect(headers['content-type']).toMatch(/^application\/(problem\+)?json$/);
      }
    });

    it("with a script for a backend's id, and line breaks for its name", async () => {
      const id = '</script><script>alert(1)</script>\n\ndata: {}\n\n';
      const room = await startControlRoom(host, {
        backends: [{ id, breaker: { failureCount: 1 } }, { id: 'b' }],
      });
      const path = `/pools/chat/backends/${encodeURIComponent(id)}/trip`;
      const answer = await room.change('POST', path, { durationMs: 1_000 });
      expect(answer.json()).toMatchObject({ summary: `trip ${id} of chat for 1 s` });
      expect(answer.headers['content-type']).toBe('application/json');
      const log = await room.get('/log');
      expect(log.json().entries).toMatchObject([{ kind: 'trip', backend: id }, { kind: 'change' }]);
      expect(log.text).not.toContain('\n');
    });

    it('with credentials, which no answer has', async () => {
      const secret = 's3cret-of-the-backend';
      const room = await startControlRoom(host, {
        backends: [
          { id: 'a', headers: { 'api-key': secret }, breaker: { failureCount: 1 } },
          { id: 'b', headers: { authorization: `Bearer ${secret}` } },
        ],
      });
      await room.change('PUT', PATH, { shares: { a: 0.5, b: 0.5 } });
      await room.change('POST', '/pools/chat/backends/a/trip', { durationMs: 1_000 });
      room.clock.advance(5_000);
      for (const path of ['/status', '/history', '/log', '/session', '/openapi.json']) {
        expect((await room.get(path)).text).not.toContain(secret);
      }
    });

    it('where something fails inside: its words are for the log alone', async () => {
      const logged: unknown[] = [];
      const logger = {
        info() {},
        warn() {},
        error: (...told: unknown[]) => void logged.push(told),
      };
      const error = new Error('s3cret');
      const room = await startControlRoom(host, { logger, coordinator: failingToPublish(error) });
      expect(await refusedAs(room, {})).toEqual([500, 'internal_error']);
      expect(logged).toEqual([['the control room has failed', { error }]]);
    });

    it('once the service shuts down: nothing is changed any more', async () => {
      const room = await startControlRoom(host);
      const { token } = (await room.get('/session')).json();
      void room.spillway.shutdown({ readinessDelayMs: 1_000 });
      const answer = await room.change('PUT', PATH, SHARES, { 'x-spillway-token': String(token) });
      expect([answer.status, answer.json().code]).toEqual([503, 'shutting_down']);
      expect((await room.get('/log')).json().entries).toMatchObject([{ kind: 'shutdown' }]);
      room.clock.advance(1_000);
      expect(() => dashboard(room.spillway as never, { authorize })).toThrow('after shutdown()');
    });
  });

  it('is not made of what createSpillway() has not given', () => {
    expect(() => dashboard({} as never, { authorize })).toThrow(
      'dashboard must be given what createSpillway() gave, got an object',
    );
    expect(() => dashboard(undefined as never, { authorize })).toThrow('got undefined');
  });
}
