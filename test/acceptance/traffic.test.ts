import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdapterHost, HostSpillwayOptions } from '../support/adapter-host.ts';
import { expressHost } from '../support/express-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { serveApp } from '../support/serve-app.ts';
import { IDS, KEYS, mapping, SHARES } from './traffic-affinity.fixture.ts';
import { load } from './traffic-load.ts';

type PoolOptions = Parameters<ReturnType<AdapterHost['createSpillway']>['pool']>[1];

const hosts: [string, AdapterHost][] = [
  ['Express 5', expressHost(express)],
  ['Koa 3', koaHost(Koa)],
];

async function servePool(
  host: AdapterHost,
  options: PoolOptions,
  spillwayOptions: HostSpillwayOptions = {},
) {
  const spillway = host.createSpillway(spillwayOptions);
  const pool = spillway.pool('traffic', options);
  const mount = (app: ReturnType<AdapterHost['createApp']>) => app.mount('/', spillway.proxy(pool));
  const served = await serveApp(host, mount);
  onTestFinished(() => spillway.shutdown({ timeoutMs: 0 }));
  return { origin: served.origin, pool };
}

/** One server for many backends: the first part of the path says which of them is asked. */
async function serveBackends(
  answer: (id: string, request: IncomingMessage, response: ServerResponse) => void,
): Promise<(id: string) => string> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request.url?.split('/')[1] ?? '', request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return (id) => `http://127.0.0.1:${port}/${id}`;
}

describe.each(hosts)('shares behind %s', (_, host) => {
  const shares = { stable: 0.98, canary: 0.01, canary2: 0.01 };
  const ids = Object.keys(shares) as (keyof typeof shares)[];
  const REQUESTS = 10_000;

  /** Three handlers that write down who was asked, in order. */
  function handlers() {
    const order: string[] = [];
    const backends = ids.map((id) => ({
      id,
      handler(_request: unknown, response: ServerResponse) {
        order.push(id);
        response.end(id);
      },
    }));
    return { order, backends };
  }

  it('of handlers are kept within one request, at every request', async () => {
    const { order, backends } = handlers();
    const { origin, pool } = await servePool(host, { backends });
    pool.setTraffic(shares);
    const { failures } = await load({ origin, requests: REQUESTS, atOnce: 16 });
    expect(failures).toEqual([]);
    expect(order).toHaveLength(REQUESTS);
    const counts = { stable: 0, canary: 0, canary2: 0 };
    let furthest = 0;
    for (const [index, id] of order.entries()) {
      counts[id as keyof typeof counts]++;
      for (const each of ids) {
        furthest = Math.max(furthest, Math.abs(counts[each] - (index + 1) * shares[each]));
      }
    }
    expect(furthest).toBeLessThanOrEqual(1);
    for (const id of ids) {
      expect(Math.abs(counts[id] - REQUESTS * shares[id])).toBeLessThanOrEqual(1);
    }
  });

  it('of backends behind HTTP are kept within one request', async () => {
    const counts: Record<string, number> = {};
    const urlOf = await serveBackends((id, _request, response) => {
      counts[id] = (counts[id] ?? 0) + 1;
      response.end(id);
    });
    const { origin, pool } = await servePool(host, {
      backends: [
        { id: 'stable', url: urlOf('stable') },
        { id: 'canary', url: urlOf('canary') },
      ],
    });
    pool.setTraffic({ stable: 0.99, canary: 0.01 });
    pool.add({ id: 'canary2', url: urlOf('canary2') });
    pool.setTraffic(shares);
    const { failures } = await load({ origin, requests: REQUESTS, atOnce: 16 });
    expect(failures).toEqual([]);
    for (const id of ids) {
      expect(Math.abs((counts[id] ?? 0) - REQUESTS * shares[id])).toBeLessThanOrEqual(1);
    }
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(REQUESTS);
  });

  it('that are drawn are within three sigma', async () => {
    const { order, backends } = handlers();
    const { origin, pool } = await servePool(
      host,
      { backends, balance: 'random' },
      { random: seededRandom(4) },
    );
    pool.setTraffic(shares);
    const { failures } = await load({ origin, requests: REQUESTS, atOnce: 16 });
    expect(failures).toEqual([]);
    for (const id of ids) {
      const sigma = Math.sqrt(REQUESTS * shares[id] * (1 - shares[id]));
      const count = order.filter((each) => each === id).length;
      expect(Math.abs(count - REQUESTS * shares[id])).toBeLessThanOrEqual(3 * sigma);
    }
  });
});

it('keys go to the same backends in another process, framework and order', async () => {
  const file = fileURLToPath(new URL('traffic-affinity.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions', '@spillway/source', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let elsewhere = '';
  child.stdout.on('data', (text) => {
    elsewhere += text;
  });
  const closed = once(child, 'close');
  const here = await mapping(expressHost(express), IDS);
  const [code] = await closed;
  expect(code).toBe(0);
  expect(here).toHaveLength(KEYS);
  expect(elsewhere === here).toBe(true);
  for (const id of IDS) {
    const sigma = Math.sqrt(KEYS * SHARES[id] * (1 - SHARES[id]));
    const count = here.split(id).length - 1;
    expect(Math.abs(count - KEYS * SHARES[id])).toBeLessThanOrEqual(3 * sigma);
  }
});

describe.each(hosts)('behind %s', (_, host) => {
  const REQUESTS = 20_000;
  const CHANGES = 500;
  const ANSWERS_PER_CHANGE = 39; // the last change leaves some to come

  it('500 changes fail no request, and send none to a backend that is gone', async () => {
    const random = seededRandom(500);
    const served = new Set<string>();
    const gone = new Set<string>();
    const strays = new Set<string>();
    const answer = (id: string, response: ServerResponse) => {
      served.add(id);
      if (gone.has(id)) strays.add(`${id} is gone`);
      const delayMs = random() * 4;
      if (delayMs < 2) response.end(id);
      else setTimeout(() => response.end(id), delayMs);
    };
    const urlOf = await serveBackends((id, request, response) => {
      request.resume().on('end', () => answer(id, response));
    });

    // Of the backends that are there, and stay.
    let shares: Record<string, number> = { b0: 0.5, b1: 0.5 };
    let made = 0;
    const make = () => {
      const id = `b${made++}`;
      if (made % 2 === 0) return { id, url: urlOf(id) };
      return {
        id,
        handler(_request: unknown, response: ServerResponse) {
          // Called in the very turn in which it was chosen.
          if (!((shares[id] ?? 0) > 0)) strays.add(`${id} has no share`);
          answer(id, response);
        },
      };
    };
    const { origin, pool } = await servePool(host, { backends: [make(), make()] });
    pool.setTraffic(shares);

    const changes = { setTraffic: 0, add: 0, remove: 0 };
    const removals: Promise<unknown>[] = [];
    const pick = (ids: readonly string[]) => ids[Math.floor(random() * ids.length)] as string;
    const change = () => {
      const ids = Object.keys(shares);
      const draw = random();
      // Those whose traffic others can take over.
      const dispensable = ids.filter((id) => ids.some((other) => other !== id && shares[other]));
      if (draw < 0.25 && ids.length < 8) {
        changes.add++;
        const backend = make();
        pool.add(backend);
        shares[backend.id] = 0;
      } else if (draw < 0.5 && dispensable.length > 1) {
        changes.remove++;
        const id = pick(dispensable);
        removals.push(pool.remove(id, { drain: true }).then(() => gone.add(id)));
        delete shares[id];
      } else {
        changes.setTraffic++;
        const some = pick(ids);
        const parts = ids.map((id) => (id === some || random() < 0.7 ? 0.01 + random() : 0));
        const total = parts.reduce((sum, part) => sum + part, 0);
        shares = Object.fromEntries(ids.map((id, index) => [id, (parts[index] ?? 0) / total]));
        pool.setTraffic(shares);
      }
    };

    let answers = 0;
    const startedAt = performance.now();
    const { failures } = await load({
      origin,
      requests: REQUESTS,
      atOnce: 32,
      request: (index) => (index % 4 === 0 ? { body: `order ${index}` } : {}),
      answered() {
        answers++;
        const due = answers % ANSWERS_PER_CHANGE === 0;
        if (due && answers <= CHANGES * ANSWERS_PER_CHANGE) setImmediate(change);
      },
    });
    await Promise.all(removals);
    const elapsedMs = performance.now() - startedAt;

    expect(failures).toEqual([]);
    expect([...strays]).toEqual([]);
    expect(answers).toBe(REQUESTS);
    expect(changes.setTraffic + changes.add + changes.remove).toBe(CHANGES);
    expect(Math.min(changes.add, changes.remove)).toBeGreaterThan(80);
    expect(gone.size).toBe(changes.remove);
    expect(served.size).toBeGreaterThan(80);
    const left = pool.status().backends.map(({ id }) => id);
    expect(left.sort()).toEqual(Object.keys(shares).sort());
    expect(elapsedMs).toBeLessThan(15_000);
  });
});
