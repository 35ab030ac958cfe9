// Run by a test in its own process and, by itself, in a second one: both must map keys alike.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import Koa from 'koa';
import type { AdapterHost } from '../support/adapter-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { load } from './traffic-load.ts';

export const KEYS = 20_000;
export const SHARES = { a: 0.4, b: 0.3, c: 0.2, d: 0.08, e: 0.02 } as const;
export type Id = keyof typeof SHARES;
export const IDS = Object.keys(SHARES) as Id[];

/** Which backend answered each key, a letter each, when the configuration is written in this order. */
export async function mapping(host: AdapterHost, order: readonly Id[]): Promise<string> {
  const spillway = host.createSpillway();
  const pool = spillway.pool('keyed', {
    backends: order.map((id) => ({ id, handler: handlerOf(id) })),
    affinity: { header: 'x-serve-shard-key' },
  });
  pool.setTraffic(Object.fromEntries(order.map((id) => [id, SHARES[id]])));
  const app = host.createApp();
  app.mount('/', spillway.proxy(pool));
  const server = createServer(app.listener());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const places: string[] = [];
  const { failures } = await load({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: KEYS,
    atOnce: 16,
    request: (index) => ({ headers: { 'x-serve-shard-key': `user-${index}` } }),
    answered: (text, index) => {
      places[index] = text;
    },
  });
  await spillway.shutdown({ server });
  if (failures.length > 0) throw new Error(failures.join('\n'));
  return places.join('');
}

function handlerOf(id: Id) {
  return (_request: unknown, response: { end(text: string): void }) => response.end(id);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(await mapping(koaHost(Koa), IDS.toReversed()));
}
