// Run by a test in a process of its own: after shutdown() nothing may keep it alive.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSpillway } from '@spillway/express';
import express from 'express';

const port = (server: ReturnType<typeof createServer>) => (server.address() as AddressInfo).port;
const backend = createServer((request, response) => {
  if (request.url === '/hang') return;
  response.writeHead(request.headers['x-refuse'] ? 429 : 200, { 'retry-after': '600' }).end('ok');
});
backend.listen(0, '127.0.0.1');
await once(backend, 'listening');
const url = `http://127.0.0.1:${port(backend)}`;

const spillway = createSpillway();
const pool = spillway.pool('chat', {
  backends: [
    { id: 'ptu', url, priority: 1, headers: { 'x-refuse': '1' } },
    { id: 'payg', url, priority: 2, maxCount: 1 },
  ],
  breaker: { failureCount: 1, tripDurationMs: 600_000, acceptRetryAfter: true },
  queue: { maxQueueLength: 5 },
});
const app = express();
app.get('/metrics', spillway.metrics());
app.use(spillway.proxy(pool));
const server = createServer(app);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${port(server)}`;

const statuses: number[] = [];
for (const path of ['/', '/metrics']) statuses.push((await fetch(origin + path)).status);
statuses.push((await pool.fetch('/', { method: 'POST', body: 'x' })).status);
const running = fetch(`${origin}/hang`).then(({ status }) => status);
await once(backend, 'request');
const waiting = fetch(`${origin}/hang`).then(({ status }) => status);
while (pool.status().waiting === 0) await new Promise((resolve) => setImmediate(resolve));

await spillway.shutdown({ server, timeoutMs: 30 });
statuses.push(await running, await waiting);
backend.closeAllConnections();
backend.close();
await once(backend, 'close');
// What the test's own client keeps is closed, too, so that all that is left would be Spillway's.
const { getGlobalDispatcher } = await import('undici');
await getGlobalDispatcher().close();
await new Promise((resolve) => setTimeout(resolve, 20));
const resources = process.getActiveResourcesInfo();
process.stdout.write(JSON.stringify({ statuses, resources }));
