import { Agent, createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpPool } from '@spillway/node-http';
import { expect, onTestFinished } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { call } from '../support/caller.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { listenersOf } from '../support/listeners.ts';
import { listenOnOwnPort } from '../support/own-port.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { soon, within } from '../support/until.ts';
import { type Caller, fetchCaller, httpCaller } from './callers.ts';
import type { Kind } from './fault.ts';

/** How requests reach a pool. */
export interface Transport {
  readonly name: string;
  readonly host: AdapterHost;
  readonly by: 'proxy' | 'http-proxy-middleware' | 'fetch';
}

/** Where the faulty backend stands. */
export const PLACES = ['alone', 'before another'] as const;
export type Place = (typeof PLACES)[number];

export interface ServiceOptions {
  readonly faultyUrl: string;
  readonly spareUrl: string;
  /** Called in the very turn in which a request is sent. */
  readonly atChoice?: (() => void) | undefined;
}

/** Each of the timeouts, on the clock that stands still. */
export const TIMEOUT_MS = 100;
/** How much of a body is kept where it is to be too large for that. */
const FEW_BYTES = 16;
/** Longer than anything of ours may take that is not a request. */
const LONG_MS = 60_000;

/** A service with a pool for each place of the faulty backend, and for bodies that are kept or not. */
export async function startService({ host, by }: Transport, options: ServiceOptions) {
  const { faultyUrl, spareUrl, atChoice } = options;
  const clock = new FakeClock();
  const spillway = host.createSpillway({ clock, random: seededRandom(1) });
  const app = host.createApp();
  app.handle('/plain', () => 'plain');
  // With one slot, so that one which is not given back fails whatever comes next.
  app.mount('/before-another', spillway.protect({ name: 'gate', concurrency: { maxCount: 1 } }));
  const pools = new Map<string, HttpPool>();
  for (const place of PLACES) {
    for (const kind of ['POST', 'streamed'] as const) {
      const path = pathOf(place, kind);
      const spare = { id: 'spare', url: spareUrl, priority: 2 };
      const pool = spillway.pool(path, {
        backends: [{ id: 'faulty', url: faultyUrl }, ...(place === 'alone' ? [] : [spare])],
        timeouts: {
          connectMs: TIMEOUT_MS,
          headersMs: TIMEOUT_MS,
          bodyMs: TIMEOUT_MS,
          callerMs: LONG_MS,
        },
        ...(kind === 'streamed' && { retry: { maxBodyBytes: FEW_BYTES } }),
        // Asked for where the request is about to be sent.
        ...(atChoice && { affinity: { key: () => void atChoice() as unknown as string } }),
      });
      app.mount(path, spillway.proxy(pool));
      pools.set(path, pool);
    }
  }
  const server = createServer(app.listener());
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const port = await listenOnOwnPort(server);
  const origin = `http://127.0.0.1:${port}`;
  const agent = new Agent({ keepAlive: true });
  onTestFinished(async () => {
    agent.destroy();
    await within(5_000, spillway.shutdown({ server, timeoutMs: 0 }));
    expect(clock.pendingTimers).toBe(0);
  });

  await call(origin, '/plain', { agent });
  const listeners = {
    process: listenersOf(process),
    connection: [...connections].map(listenersOf)[0],
  };
  const isIdle = ({ running, waiting }: { running: number; waiting: number }) =>
    running === 0 && waiting === 0;
  const backends = [...pools.values()].flatMap((pool) => pool.backends);
  const deadlines = [...pools.values()].flatMap((pool) => [
    pool.connectDeadlines,
    pool.headersDeadlines,
    pool.bodyDeadlines,
    pool.drainDeadlines,
  ]);

  return {
    clock,
    poolFor: (place: Place, kind: Kind) => pools.get(pathOf(place, kind)) as HttpPool,
    callerFor(place: Place, kind: Kind): Caller {
      const path = pathOf(place, kind);
      return by === 'fetch'
        ? fetchCaller(pools.get(path) as HttpPool)
        : httpCaller(origin, path, agent);
    },
    /** Resolves when permits, deadlines, timers and listeners are back where they were. */
    async atRest(): Promise<void> {
      await within(5_000, Promise.all([...pools.values()].map((pool) => pool.idle())));
      await soon('no attempt runs', () => backends.every(({ running }) => running === 0));
      const isAllIdle = () => {
        const { gates, pools } = spillway.status();
        return [...Object.values(gates), ...Object.values(pools)].every(isIdle);
      };
      await soon('nothing runs or waits', isAllIdle);
      expect(deadlines.map(({ length }) => length)).toEqual(deadlines.map(() => 0));
      clock.advance(LONG_MS);
      expect(clock.pendingTimers).toBe(0);
      expect(listenersOf(process)).toEqual(listeners.process);
      const open = () => [...connections].filter(({ destroyed }) => !destroyed).map(listenersOf);
      const isAsBefore = (each: object) =>
        JSON.stringify(each) === JSON.stringify(listeners.connection);
      await soon('callers have the listeners of before', () => open().every(isAsBefore));
    },
  };
}

function pathOf(place: Place, kind: Kind): string {
  return `/${place.replace(' ', '-')}/${kind === 'streamed' ? 'streamed' : 'kept'}`;
}
