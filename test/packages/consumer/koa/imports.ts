import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { autoscale, kubernetesScaler, poolUtilisation, processScaler } from '@spillway/autoscale';
import { dashboard, type Snapshot } from '@spillway/dashboard';
import { ConfigurationError, createSpillway, keepRawBody, type PoolStatus } from '@spillway/koa';
import Koa, { type Request } from 'koa';
import { Registry } from 'prom-client';

const backend = createServer((_req, res) => res.end('from the backend')).listen(0, '127.0.0.1');
await new Promise((listening) => backend.once('listening', listening));
const { port } = backend.address() as AddressInfo;

const spillway = createSpillway({ registry: new Registry(), logger: console });
const pool = spillway.pool('consumer', {
  backends: [{ id: 'only', url: `http://127.0.0.1:${port}` }],
  affinity: { key: (req: Request) => req.ip },
});
pool.on('trip', ({ backend: id, durationMs }) => console.log(id, durationMs));

const app = new Koa();
app.use(keepRawBody);
const api = spillway.proxy(pool, {
  onReject(error, ctx) {
    ctx.body = error.code;
  },
});
const limited = spillway.protect({
  name: 'limited',
  concurrency: { maxCount: 1, key: (req) => req.ip },
  breaker: { failureCount: 3 },
});
const routes: Readonly<Record<string, Koa.Middleware>> = {
  '/api': api,
  '/readyz': spillway.readiness(),
  '/metrics': spillway.metrics(),
  '/limited': (ctx, next) =>
    limited(ctx, async () => {
      ctx.body = JSON.stringify(ctx.state.spillway.signal.aborted);
      await next();
    }),
};
const room = dashboard(spillway, {
  authorize: (request) => ({ name: request.ip, role: 'viewer' }),
});
app.use((ctx, next) => {
  if (!ctx.path.startsWith('/spillway/')) return next();
  ctx.path = ctx.path.slice('/spillway'.length);
  return room(ctx, next);
});
app.use((ctx, next) => (routes[ctx.path] ?? next)(ctx, next));
const server = app.listen(0, '127.0.0.1');
await new Promise((listening) => server.once('listening', listening));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const proxied = await (await fetch(`${origin}/api`)).text();
const aborted: unknown = await (await fetch(`${origin}/limited`)).json();
const { status: ready } = await fetch(`${origin}/readyz`);
const fetched = await (await pool.fetch('/')).text();
const metrics = await (await fetch(`${origin}/metrics`)).text();
const seen = (await (await fetch(`${origin}/spillway/status`)).json()) as Snapshot;
const status: PoolStatus | undefined = spillway.status().pools.consumer;
const counted = 'spillway_attempts_total{pool="consumer",backend="only",outcome="success"} 2';
if (proxied !== 'from the backend' || fetched !== proxied || !metrics.includes(counted)) {
  throw new Error(`unexpected: ${proxied}, ${fetched}, ${JSON.stringify(status)}`);
}
if (seen.status.pools.consumer?.backends[0]?.attempts.success !== 2) {
  throw new Error(`unexpected: ${JSON.stringify(seen)}`);
}
if (aborted !== false || ready !== 200) throw new Error(`unexpected: ${aborted}, ${ready}`);
try {
  spillway.pool('wrong', { backends: [] });
  throw new Error('a pool without backends was accepted');
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
}

// An instance of this machine, and the agent that is loaded into it.
const scaler = processScaler({
  module: new URL('./instance.mjs', import.meta.url),
  pool: (backends) => spillway.pool('instances', { backends }),
  backend: { maxCount: 10 },
});
await scaler.scaleTo(1);
const instance = await (await scaler.pool.fetch('/')).text();
const [usage] = await scaler.usage();
if (instance !== 'from an instance' || !usage?.processorMs) {
  throw new Error(`unexpected: ${instance}, ${JSON.stringify(usage)}`);
}
const autoscaler = autoscale({
  metric: poolUtilisation(scaler.pool),
  scaleOut: { above: 0.8 },
  scaleIn: { below: 0.6 },
  max: 2,
  scaler,
  registry: spillway.registry,
});
autoscaler.on('decision', ({ reason, scaleOutAverage }) => console.log(reason, scaleOutAverage));
autoscaler.stop();
// Without the optional package.
const unknown = kubernetesScaler({ deployment: 'prices' });
const { code } = (await unknown.current().catch((error: unknown) => error)) as { code?: string };
if (code !== 'missing_dependency') throw new Error(`unexpected: ${code}`);

await spillway.shutdown({ server });
await scaler.close();
backend.close();
console.log(`imported on Node ${process.version}: works`);
