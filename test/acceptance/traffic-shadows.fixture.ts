// Run by a test in a process of its own, where nothing else is on the callers' thread. Measures, round by
// round, what callers wait without a shadow and with each of those that the arguments name.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSpillway } from '@spillway/express';
import express from 'express';
import { Pool } from 'undici';

/** How a shadow does harm, and the proportion of the requests that it is sent. */
export type Harm = readonly [how: 'hangs' | 'resets' | 'floods', proportion: number];

/** Of one round's requests, in milliseconds; or how much more than without a shadow. */
export interface Waits {
  readonly p50: number;
  readonly p99: number;
}

export interface Measured {
  /** By what the shadow does: how much longer callers waited, medians of all rounds. */
  readonly longer: Readonly<Record<string, Waits>>;
  /** Medians without a shadow. */
  readonly without: Waits;
  /** Answers that were not the main backend's. */
  readonly failures: readonly string[];
  /** What came of the copies. */
  readonly copies: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const ROUNDS = 7;
const REQUESTS = 150;
const EVERY_MS = 2;

const harms = JSON.parse(process.argv[2] ?? '[]') as Harm[];
const file = fileURLToPath(new URL('traffic-harmful.fixture.ts', import.meta.url));
const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
const [port] = await once(child.stdout, 'data');

const spillway = createSpillway();
const app = express();
const main = {
  id: 'main',
  handler: (_req: unknown, res: express.Response) => void res.end('main'),
};
const pools = [['without', 0] as const, ...harms].map(([how, proportion]) => {
  const url = `http://127.0.0.1:${String(port).trim()}/${how}`;
  const pool = spillway.pool(how, { backends: [main, { id: 'shadow', url, weight: 0 }] });
  pool.setShadow('shadow', proportion);
  app.use(`/${how}`, spillway.proxy(pool));
  return pool;
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const client = new Pool(origin, { connections: 32 });
const failures = new Set<string>();

/** Sends requests at a steady pace, whether they are answered or not; gives what they took. */
async function round(how: string): Promise<Waits> {
  const durationsMs: number[] = [];
  const call = async () => {
    const sentAt = performance.now();
    try {
      const { statusCode, body } = await client.request({ path: `/${how}`, method: 'GET' });
      const text = await body.text();
      durationsMs.push(performance.now() - sentAt);
      if (statusCode !== 200 || text !== 'main') failures.add(`${statusCode}: ${text}`);
    } catch (error) {
      failures.add(String(error));
    }
  };
  const startedAt = performance.now();
  const calls: Promise<void>[] = [];
  for (let index = 0; index < REQUESTS; index++) {
    const early = startedAt + index * EVERY_MS - performance.now();
    if (early > 0) await sleep(early);
    calls.push(call());
  }
  await Promise.all(calls);
  return { p50: quantile(durationsMs, 0.5), p99: quantile(durationsMs, 0.99) };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

const names = pools.map(({ name }) => name);
const measured: Record<string, Waits[]> = Object.fromEntries(names.map((name) => [name, []]));
// Until the code is compiled, and as much hangs as may.
for (const name of names) await round(name);
for (let count = 0; count < ROUNDS; count++) {
  // Each is first in turn: what one leaves behind is not always borne by the same.
  const first = count % names.length;
  for (const name of [...names.slice(first), ...names.slice(0, first)]) {
    measured[name]?.push(await round(name));
    await sleep(20);
  }
}

const { without = [], ...withShadow } = measured;
const median = (rounds: readonly Waits[], of: (waits: Waits, count: number) => number) =>
  quantile(rounds.map(of), 0.5);
const result: Measured = {
  longer: Object.fromEntries(
    Object.entries(withShadow).map(([how, rounds]) => [
      how,
      {
        p50: median(rounds, ({ p50 }, count) => p50 - (without[count]?.p50 ?? Number.NaN)),
        p99: median(rounds, ({ p99 }, count) => p99 - (without[count]?.p99 ?? Number.NaN)),
      },
    ]),
  ),
  without: { p50: median(without, ({ p50 }) => p50), p99: median(without, ({ p99 }) => p99) },
  failures: [...failures],
  copies: Object.fromEntries(
    pools.map((pool) => [pool.name, { ...pool.status().shadows[0]?.requests }]),
  ),
};
process.stdout.write(JSON.stringify(result));
child.kill();
await client.destroy();
await spillway.shutdown({ server, timeoutMs: 0 });
