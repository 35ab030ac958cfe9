// Run by the tests of callers in a process of its own, so that what callers cost is all that it has in memory.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayOptions } from './gateway.ts';
import { hosts } from './hosts.ts';

const {
  host: name,
  url,
  server: serverOptions,
} = JSON.parse(process.argv[2] as string) as GatewayOptions;
const host = hosts.get(name);
if (host === undefined) throw new Error(`there is no host ${name}`);

const spillway = host.createSpillway();
const app = host.createApp();
app.onError((error) => ({ status: (error as { status?: number }).status ?? 500, body: 'error' }));

const text = (value: string | string[] | undefined) => (value === undefined ? value : `${value}`);
const keyed = { maxCount: 2, maxQueueLength: 2, maxKeys: 100, key: keyOf };
app.mount('/keyed', spillway.limitConcurrency({ name: 'keyed', ...keyed }));
app.mount(
  '/limited',
  spillway.limitConcurrency({ name: 'limited', maxCount: 8, maxQueueLength: 100 }),
);

function keyOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  return text(headers['x-key']);
}

const hoard: unknown[] = [];
/** What a gateway without bounds would do: by this it is seen that the measurements would find it out. */
async function keepAll(request: IncomingMessage): Promise<void> {
  if (!request.url?.startsWith('/hoard')) return;
  hoard.push(`${request.rawHeaders}`, Buffer.alloc(16_384));
  for await (const chunk of request) hoard.push(chunk);
}
app.before(keepAll);

for (const path of ['/keyed', '/limited', '/hoard']) {
  app.route(path, [], async ({ request, answer }) => {
    let bytes = 0;
    for await (const chunk of request) bytes += (chunk as Buffer).length;
    answer(200, `${bytes} bytes`);
  });
}

app.route('/whole', [], ({ answer }) => answer(200, 'x'.repeat(67_108_864)));

const backends = [{ id: 'only', url }];
const callerMs = 2_000;
const pools = {
  proxy: { backends, timeouts: { callerMs } },
  small: { backends, retry: { maxBodyBytes: 1_024 }, timeouts: { bodyMs: 2_000 } },
  few: {
    backends: [{ id: 'only', url, maxCount: 4 }],
    queue: { maxQueueLength: 100 },
    timeouts: { callerMs },
  },
  header: { backends, affinity: { header: 'x-key' } },
  cookie: { backends, affinity: { cookie: 'key' } },
  key: { backends, affinity: { key: keyOf } },
};
const upgrades = spillway.proxy(spillway.pool('upgrades', { backends }));
for (const [path, options] of Object.entries(pools)) {
  app.mount(`/${path}`, spillway.proxy(spillway.pool(path, options)));
}

const server = createServer(serverOptions, app.listener());
server.on('upgrade', upgrades.upgrade);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
await once(server, 'listening');

function memory(): number {
  // Twice: what finalisers let go is taken by the next one.
  gc?.();
  gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.on('message', (what) => {
  process.send?.(what === 'memory' ? memory() : spillway.status());
});
process.on('disconnect', () => process.exit());
process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
