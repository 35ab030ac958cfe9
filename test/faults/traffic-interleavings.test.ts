import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, type Rollout, systemClock, type Timer } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';
import express from 'express';
import Koa from 'koa';
import { Pool as Client } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open } from '../support/caller.ts';
import { expressHost } from '../support/express-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { serveApp } from '../support/serve-app.ts';
import { until, within } from '../support/until.ts';

const REQUESTS = 5_000;
const CHANGES = 500;
const IDS = ['a', 'b', 'c', 'd', 'e', '__proto__', 'ü "\\\n'];
const SHADOWED = ['a', 'b', '__proto__'];

/** The system's clock, which knows how many of its timers are pending. */
function countingClock(): Clock & { readonly pending: Set<Timer> } {
  const pending = new Set<Timer>();
  return {
    pending,
    now: () => systemClock.now(),
    setTimer(callback, delayMs) {
      const timer = systemClock.setTimer(() => {
        pending.delete(counted);
        callback();
      }, delayMs);
      const counted: Timer = {
        cancel() {
          pending.delete(counted);
          timer.cancel();
        },
        unref: () => timer.unref?.(),
      };
      pending.add(counted);
      return counted;
    },
  };
}

/** One server for all URLs: the first part of the path says which backend, of those ever added, is asked. */
async function serveNumbers(
  answer: (number: string, request: IncomingMessage, response: ServerResponse) => void,
) {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const number = request.url?.split('/')[1] ?? '';
    request.resume().on('end', () => answer(number, request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe.each([
  ['Express 5', expressHost(express)],
  ['Koa 3', koaHost(Koa)],
])('behind %s', (_, host) => {
  it('changes of every kind fail no request, and every count adds up', async () => {
    const random = seededRandom(4);
    const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
    const warnings: Error[] = [];
    const warn = (warning: Error) => void warnings.push(warning);
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));

    const received = new Map<string, number>();
    const gone = new Set<string>();
    const strays = new Set<string>();
    const sentTo = new Set<string>();
    const answer = (number: string, request: IncomingMessage, response: ServerResponse) => {
      received.set(number, (received.get(number) ?? 0) + 1);
      const refuses = number !== 'spare' && !number.startsWith('h') && random() < 0.05;
      const delayMs = random() * 4;
      const end = () => {
        if (response.destroyed) return;
        response.writeHead(refuses ? 429 : 200, { 'content-type': 'text/plain' });
        response.end(request.method === 'HEAD' ? undefined : number);
      };
      if (delayMs < 2) end();
      else setTimeout(end, delayMs);
    };
    const upstream = await serveNumbers(answer);
    // Where it is sent, for what was sent before may still be on the wire.
    const sent = (message: unknown) => {
      const number = (message as { request: { path: string } }).request.path.split('/')[1] ?? '';
      if (gone.has(number)) strays.add(number);
      sentTo.add(number);
    };
    subscribe('undici:client:sendHeaders', sent);
    onTestFinished(() => void unsubscribe('undici:client:sendHeaders', sent));

    // The backends that are there, and may be given traffic, by id.
    const present = new Map<string, { number: string; backend: HttpPool['backends'][number] }>();
    const ever: HttpPool['backends'][number][] = [];
    let made = 0;
    const make = (id: string) => {
      const number = `${made % 3 === 2 ? 'h' : 'u'}${made++}`;
      const common = { id, ...(random() < 0.3 && { maxCount: 3 }) };
      if (number.startsWith('u')) {
        return { number, options: { ...common, url: `${upstream.origin}/${number}` } };
      }
      const handler = (request: IncomingMessage, response: ServerResponse) => {
        if (gone.has(number)) strays.add(number);
        request.resume().on('end', () => answer(number, request, response));
      };
      return { number, options: { ...common, handler } };
    };

    const clock = countingClock();
    let pool = undefined as unknown as HttpPool;
    const first = make('a');
    const served = await serveApp(
      host,
      (app, spillway) => {
        pool = spillway.pool('p', {
          backends: [
            first.options,
            { id: 'spare', url: `${upstream.origin}/spare`, priority: 2, breaker: false },
          ],
          affinity: { cookie: 'place' },
          breaker: { failureCount: 3, intervalMs: 1_000, tripDurationMs: 10 },
          retry: { unsafe: true },
        });
        app.mount('/', spillway.proxy(pool));
      },
      { clock, random: seededRandom(5) },
    );
    const { origin, spillway } = served;
    const enter = (id: string, number: string) => {
      const backend = pool.backends.find((each) => each.id === id && !each.draining);
      if (backend === undefined) throw new Error(`${id} is not there`);
      present.set(id, { number, backend });
      ever.push(backend);
    };
    enter('a', first.number);
    const spare = pool.backends[1] as (typeof ever)[number];
    ever.push(spare);

    const changes: Record<string, number> = {};
    const removals: Promise<unknown>[] = [];
    const rollouts: Rollout[] = [];
    const refused: string[] = [];
    const share = () => {
      const ids = [...present.keys()];
      const some = pick(ids);
      const parts = ids.map((id) => (id === some || random() < 0.6 ? 0.01 + random() : 0));
      const total = parts.reduce((sum, part) => sum + part, 0);
      pool.setTraffic(Object.fromEntries(ids.map((id, at) => [id, (parts[at] ?? 0) / total])));
    };
    const kinds: Record<string, () => unknown> = {
      setTraffic: share,
      add() {
        const id = pick(IDS);
        const { number, options } = make(id);
        const taken = pool.backends.some((backend) => backend.id === id);
        if (taken) expect(() => pool.add(options)).toThrow('must be unique');
        else {
          pool.add(options);
          enter(id, number);
        }
      },
      remove() {
        const id = pick([...present.keys()]);
        const { number, backend } = present.get(id) as { number: string; backend: typeof spare };
        // What a handler has begun cannot be made again elsewhere.
        const drain = number.startsWith('h') || random() < 0.5;
        if ([...present.values()].every((each) => each.backend === backend)) return;
        present.delete(id);
        const removed = pool.remove(id, { drain });
        expect(backend.available).toBe(false);
        removals.push(removed.then(() => gone.add(number)));
      },
      setShadow() {
        const compare = pick([
          undefined,
          () => true,
          () => Promise.reject(new Error('differs')),
          () => new Promise(() => {}),
        ]);
        const id = pick([...present.keys()]);
        pool.setShadow(id, pick([0, 0.1, 1]), { methods: pick(['safe', 'all']), compare });
      },
      rollout() {
        const to = pick([...present.keys()]);
        try {
          rollouts.push(
            pool.rollout({
              to,
              steps: [0.1, 0.5, 1],
              intervalMs: 5,
              abort: { failureRatio: 0.2, minimumRequests: 2 },
            }),
          );
        } catch (error) {
          refused.push((error as Error).message);
        }
      },
      steer: () => rollouts.at(-1)?.[pick(['pause', 'resume', 'abort'] as const)](),
    };
    const change = () => {
      const kind = pick(Object.keys(kinds));
      changes[kind] = (changes[kind] ?? 0) + 1;
      kinds[kind]?.();
    };

    const failures = new Set<string>();
    let begun = 0;
    let answered = 0;
    let left = 0;
    const client = new Client(origin, { connections: 24 });
    const cookies = Array.from({ length: 20 }, (_, at) => `place=key-${at}`);
    const byProxy = async (method: 'GET' | 'HEAD' | 'POST', cookie: string | undefined) => {
      const body = method === 'POST' ? 'x'.repeat(Math.floor(random() * 3_000)) : null;
      const headers = cookie === undefined ? {} : { cookie };
      const { statusCode, body: text } = await client.request({ path: '/', method, body, headers });
      return `${statusCode} ${await text.text()}`;
    };
    const byFetch = async () => {
      const answer = await pool.fetch('/');
      return `${answer.status} ${await answer.text()}`;
    };
    const leaving = async () => {
      left++;
      const { request, leave } = open(origin, '/');
      request.on('error', () => {}).end();
      await new Promise((resolve) => setTimeout(resolve, random() * 3));
      leave();
    };
    const caller = async () => {
      while (begun < REQUESTS) {
        begun++;
        if (begun % (REQUESTS / CHANGES) === 0) setImmediate(change);
        const draw = random();
        if (draw < 0.03) {
          await leaving();
          continue;
        }
        const method = pick(['GET', 'GET', 'HEAD', 'POST'] as const);
        const cookie = random() < 0.5 ? pick(cookies) : undefined;
        try {
          const got = await (draw < 0.1 ? byFetch() : byProxy(method, cookie));
          if (got.startsWith('200 ')) answered++;
          else failures.add(got);
        } catch (error) {
          failures.add(String(error));
        }
      }
    };
    await Promise.all(Array.from({ length: 24 }, caller));
    await within(5_000, Promise.all(removals));
    expect([...failures]).toEqual([]);
    expect([...strays]).toEqual([]);
    expect([...gone].filter((number) => sentTo.has(number)).length).toBeGreaterThan(10);
    expect(answered + left).toBe(REQUESTS);
    for (const kind of Object.keys(kinds)) expect(changes[kind]).toBeGreaterThan(50);
    for (const rule of refused) expect(rule).toMatch(/must wait for the end|must have traffic/);

    share();
    await within(5_000, Promise.all(rollouts.map(({ done }) => done)));
    expect(pool.status()).toMatchObject({ waiting: 0, rollouts: [] });
    for (const id of SHADOWED) if (present.has(id)) pool.setShadow(id, 1e-12);
    await until(() => {
      const { running, shadows } = pool.status();
      expect([running, ...shadows.map(({ inFlight }) => inFlight)]).toEqual(
        Array(1 + shadows.length).fill(0),
      );
    });
    expect(ever.filter(({ running }) => running !== 0)).toEqual([]);

    // Each answer was some attempt's; those who left may have been answered, too.
    const outcome = (name: 'success') =>
      ever.reduce((sum, backend) => sum + (backend.outcomes().get(name) ?? 0), 0);
    expect(outcome('success')).toBeGreaterThanOrEqual(answered);
    expect(outcome('success')).toBeLessThanOrEqual(answered + left);
    for (const [id, { number, backend }] of present) {
      const shadow = pool.status().shadows.find((each) => each.backend === id);
      if (shadow === undefined && !SHADOWED.includes(id)) continue;
      const sum = (counts: Iterable<[string, number]>) =>
        [...counts].reduce((total, [, count]) => total + count, 0);
      const { dropped = 0, ...copies } = shadow?.requests ?? {};
      const sent = sum(backend.outcomes()) + sum(Object.entries(copies));
      const cancelled = backend.outcomes().get('cancelled') ?? 0;
      expect(received.get(number) ?? 0).toBeLessThanOrEqual(sent);
      expect(received.get(number) ?? 0).toBeGreaterThanOrEqual(sent - cancelled);
      expect(dropped).toBeGreaterThanOrEqual(0);
    }
    const { registry } = spillway as unknown as { registry: { metrics(): Promise<string> } };
    const metrics = await registry.metrics();
    for (const { id, attempts } of pool.status().backends) {
      const label = id.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
      expect(metrics).toContain(
        `spillway_attempts_total{pool="p",backend="${label}",outcome="success"} ${attempts.success}`,
      );
    }

    await client.destroy();
    await within(5_000, spillway.shutdown({ server: served.server, timeoutMs: 1_000 }));
    expect(clock.pending.size).toBe(0);
    await until(async () => {
      const connections = await new Promise((resolve) =>
        upstream.server.getConnections((_error, count) => resolve(count)),
      );
      expect(connections).toBe(0);
    });
    expect(warnings).toEqual([]);
  }, 60_000);
});
