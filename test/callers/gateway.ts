import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ServerOptions } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { SpillwayStatus } from '@spillway/node-http';
import { afterAll, beforeAll, expect } from 'vitest';
import { until } from '../support/until.ts';
import { type Backend, startBackend } from './backend.ts';
import { othersAreServed } from './well-behaved.ts';

export interface GatewayOptions {
  /** Name of one of the `hosts`. */
  readonly host: string;
  /** Of the backend of all its pools. */
  readonly url: string;
  /** Of its HTTP server. */
  readonly server: ServerOptions;
}

/** A service with every kind of policy, in a process of its own, and the backend behind it. */
export interface Gateway {
  readonly origin: string;
  readonly backend: Backend;
  state(): Promise<SpillwayStatus>;
  /** Resolves when nothing runs or waits anywhere. */
  atRest(): Promise<SpillwayStatus>;
  /** Of memory in use, after a collection of garbage, in bytes. */
  memory(): Promise<number>;
  close(): Promise<void>;
}

/** One for all tests of this suite; its properties are there when the first of them runs. */
export function useGateway(host: string, server: ServerOptions = {}): Gateway {
  const gateway = {} as Gateway;
  beforeAll(async () => {
    Object.assign(gateway, await startGateway(host, server));
    // From here on all its code has run once.
    await othersAreServed(gateway.origin, async () => {});
  }, 60_000);
  afterAll(() => gateway.close());
  return gateway;
}

async function startGateway(host: string, server: ServerOptions): Promise<Gateway> {
  const backend = await startBackend();
  const options: GatewayOptions = { host, url: backend.url, server };
  const file = fileURLToPath(new URL('gateway.fixture.ts', import.meta.url));
  const child = fork(file, [JSON.stringify(options)], {
    execArgv: ['--expose-gc', '--conditions', '@spillway/source'],
  });
  const exit = once(child, 'exit');
  const ended = exit.then(() => {
    throw new Error('the gateway has ended');
  });
  ended.catch(() => {});
  const next = () => Promise.race([once(child, 'message'), ended]);
  const [origin] = (await next()) as [string];
  const ask = async (what: 'state' | 'memory') => {
    const answered = next();
    child.send(what);
    return (await answered)[0];
  };
  const state = () => ask('state') as Promise<SpillwayStatus>;
  const memory = () => ask('memory') as Promise<number>;
  const atRest = async () => {
    let last: SpillwayStatus | undefined;
    await until(async () => {
      last = await state();
      const policies = [...Object.values(last.gates), ...Object.values(last.pools)];
      const busy = policies.filter(({ running, waiting }) => running + waiting > 0);
      expect(busy).toEqual([]);
    }, 10_000);
    return last as SpillwayStatus;
  };
  const close = async () => {
    child.kill('SIGKILL');
    await exit;
    await backend.close();
  };
  return { origin, backend, state, atRest, memory, close };
}
