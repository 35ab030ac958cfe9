// Run by a test in a process of its own, with the name of a framework: a service with all features, busy
// and in trouble, is shut down. Then nothing may be left of it, and nothing may keep the process alive.
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { autoscale, queueRatio } from '@spillway/autoscale';
import { dashboard } from '@spillway/dashboard';
import type { AdapterHost } from '../support/adapter-host.ts';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress, hpmOnKoa } from '../support/hpm-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { listenersOf } from '../support/listeners.ts';

const HOSTS: Readonly<Record<string, () => Promise<AdapterHost>>> = {
  'Express 5': async () => expressHost((await import('express')).default),
  'Express 4': async () => expressHost((await import('express4')).default),
  'Koa 3': async () => koaHost((await import('koa')).default),
  'Koa 2': async () => koaHost((await import('koa2')).default),
};
const LONG_MS = 600_000;

const [framework = '', through] = process.argv.slice(2);
const plainHost = await (HOSTS[framework] as () => Promise<AdapterHost>)();
const wrap = plainHost.settles ? hpmOnKoa : hpmOnExpress;
const host = through === 'http-proxy-middleware' ? wrap(plainHost) : plainHost;

const troubles: string[] = [];
for (const event of ['warning', 'unhandledRejection']) {
  process.on(event, (trouble: Error) => void troubles.push(String(trouble)));
}
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

async function start(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Does what the path says. */
const backend = await start((incoming, response) => {
  const acts: Record<string, () => void> = {
    '/hangs': () => {},
    '/stalls': () => void response.writeHead(200).write('half'),
    '/resets': () => incoming.socket.resetAndDestroy(),
    '/breaks-off': () => void response.writeHead(200).write('x', () => incoming.socket.destroy()),
    '/refuses': () => void response.writeHead(429, { 'retry-after': '600' }).end('no'),
  };
  incoming.resume();
  const act = acts[incoming.url ?? ''] ?? (() => void response.end('ok'));
  act();
});
backend.server.on('upgrade', (_request: IncomingMessage, socket: Socket) => {
  socket.on('error', () => {}).on('end', () => socket.end());
  socket.resume();
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
});
// What is made when it is first used is there before anything is counted.
void [process.stdout, process.stderr];
await plainHost.createSpillway().shutdown();
const before = { resources: process.getActiveResourcesInfo(), listeners: listenersOf(process) };

const spillway = host.createSpillway({ logger: { warn() {}, error() {}, info() {} } as never });
const timeouts = { connectMs: LONG_MS, headersMs: LONG_MS, bodyMs: LONG_MS };
const trips = { failureCount: 1, tripDurationMs: LONG_MS, acceptRetryAfter: true };
const steady = spillway.pool('steady', {
  backends: [
    { id: 'stable', url: backend.url, maxCount: 5 },
    { id: 'canary', url: backend.url, weight: 0 },
    { id: 'shadow', url: backend.url, weight: 0 },
  ],
  balance: 'weighted',
  affinity: { cookie: 'place' },
  timeouts,
  queue: { maxQueueLength: 5, timeoutMs: LONG_MS },
});
steady.setShadow('shadow', 1, { methods: 'all', compare: () => {} });
steady.rollout({ to: 'canary', steps: [0.001, 1], intervalMs: LONG_MS });
const troubled = spillway.pool('troubled', {
  backends: [
    // Where only the system itself may listen, and does not.
    { id: 'gone', url: 'http://127.0.0.1:1', breaker: false },
    { id: 'first', url: backend.url, priority: 2, breaker: trips },
    { id: 'second', url: backend.url, priority: 3 },
    { id: 'removed', url: backend.url, priority: 4 },
  ],
  timeouts,
});
const full = spillway.pool('full', {
  backends: [{ id: 'only', url: backend.url, maxCount: 1 }],
  timeouts,
  queue: { maxQueueLength: 5, timeoutMs: LONG_MS },
});
const autoscaler = autoscale({
  metric: queueRatio(spillway, { gate: 'limited' }),
  sampleMs: 1,
  scaleOut: { above: 0.9, windowMs: 2, cooldownMs: 1 },
  scaleIn: { below: 0.1, windowMs: 2, cooldownMs: LONG_MS },
  max: 3,
  scaler: { current: () => 1, scaleTo: () => {} },
});

const app = host.createApp();
app.mount('/readyz', spillway.readiness({ checks: { hangs: () => new Promise(() => {}) } }));
app.mount('/metrics', spillway.metrics());
const authorize = () => ({ name: 'any', role: 'viewer' as const });
app.mount('/spillway', dashboard(spillway as never, { authorize }));
const limited = spillway.limitConcurrency({
  name: 'limited',
  maxCount: 1,
  maxQueueLength: 5,
  timeoutMs: LONG_MS,
});
app.route('/limited', [limited], () => new Promise(() => {}));
const protectedRoute = spillway.protect({
  name: 'protected',
  concurrency: { maxCount: 2 },
  breaker: trips,
  timeoutMs: LONG_MS,
});
app.route('/protected', [protectedRoute], ({ signal }) => {
  signal.addEventListener('abort', () => {});
  return new Promise(() => {});
});
app.mount('/steady', spillway.proxy(steady));
app.mount('/troubled', spillway.proxy(troubled));
app.mount('/full', spillway.proxy(full));
const { server, url: origin } = await start(app.listener());
server.on('upgrade', spillway.proxy(steady).upgrade);

/** The status, or that the answer was cut off. */
function ask(path: string, method = 'GET', began = () => {}): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const outgoing = request(origin + path, { method, agent: false });
  outgoing.on('response', (answer) => {
    began();
    answer.on('error', () => resolve('cut off')).resume();
    answer.on('end', () => resolve(answer.statusCode ?? 0));
  });
  outgoing.on('error', () => resolve('no answer'));
  outgoing.end(method === 'POST' ? 'x'.repeat(100_000) : undefined);
  return promise;
}

const answered: Record<string, number | string> = {};
for (const path of ['/steady', '/metrics', '/troubled/resets', '/troubled/breaks-off']) {
  answered[path] = await ask(path);
}
answered['/troubled/refuses'] = await ask('/troubled/refuses', 'POST');
answered['pool.fetch'] = (await troubled.fetch('/resets', { method: 'POST', body: 'x' })).status;

const upgrading = request(origin, {
  agent: false,
  headers: { connection: 'Upgrade', upgrade: 'websocket' },
});
upgrading.on('error', () => {}).end();
const [, webSocket] = (await once(upgrading, 'upgrade')) as [IncomingMessage, Socket];
webSocket.on('error', () => {}).resume();

const left = [
  ...['/limited', '/limited', '/protected', '/full/hangs', '/full/hangs', '/steady/stalls'],
  ...['/troubled/hangs', '/readyz'],
];
const pending = left.map((path) => ask(path));
const opened = Promise.withResolvers<void>();
const watching = ask('/spillway/stream', 'GET', opened.resolve);
await opened.promise;
const leftFetch = steady.fetch('/hangs').then(({ status }) => status);
const isBusy = () => {
  const { limited: gate } = spillway.status().gates;
  const isFull = gate?.waiting === 1 && full.status().waiting === 1;
  const [, , second] = troubled.backends;
  return isFull && steady.status().running === 3 && second?.running === 1;
};
while (!isBusy()) await nextTurn();
const removal = troubled.remove('removed', { drain: true, timeoutMs: LONG_MS });
const draining = troubled.remove('second', { drain: true, timeoutMs: LONG_MS });

await autoscaler.stop();
await spillway.shutdown({ server, timeoutMs: 30 });
await Promise.all([removal, draining]);
const cutOff = await Promise.all(pending);
answered['a fetch'] = await leftFetch;
answered['a page that watches'] = await watching;
if (!webSocket.closed) await once(webSocket, 'close');

const leftOver = () => {
  const had = [...before.resources];
  return process.getActiveResourcesInfo().filter((name) => {
    const at = had.indexOf(name);
    if (at !== -1) had.splice(at, 1);
    return at === -1 && name !== 'Immediate';
  });
};
// What is closed goes with the next turns of the event loop; what is left keeps this up, and is told.
const end = performance.now() + 5_000;
while (leftOver().length > 0 && performance.now() < end) await nextTurn();
const resources = leftOver();
// Nothing of it is closed for Spillway: that there are no more connections is Spillway's doing.
backend.server.close();
process.stdout.write(
  JSON.stringify({
    answered,
    cutOff: Object.entries(left).map(([at, path]) => [path, cutOff[Number(at)]]),
    resources,
    listeners: { before: before.listeners, after: listenersOf(process) },
    troubles,
  }),
);
