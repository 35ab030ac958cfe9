// An instance of a service, in a process of its own: a route with a gate in front of a backend.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSpillway } from '@spillway/express';
import { redisCoordinator } from '@spillway/redis';
import express from 'express';
import { Agent, request } from 'undici';
import type { InstanceOptions } from './instances.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as InstanceOptions;
const coordinator = redisCoordinator(options.redis);
const spillway = createSpillway({ coordinator });
const dispatcher = new Agent({ connections: null });
const limit = spillway.limitConcurrency({
  name: 'work',
  maxCount: 1,
  timeoutMs: 60_000,
  ...options.limit,
  ...(options.keyed && { key: (req) => req.get('x-key') }),
});
const app = express();
app.get('/status', (_req, res) => void res.json(spillway.status()));
if (options.pool !== undefined) {
  const { maxCount, queue } = options.pool;
  const url = `${options.backend}/${process.pid}`;
  const backends = [{ id: 'saas', url, maxCount }];
  const pool = spillway.pool('saas', { backends, ...(queue && { queue }) });
  app.use('/work', spillway.proxy(pool));
}
app.use('/work', limit, async (_req, res) => {
  try {
    const answer = await request(`${options.backend}/${process.pid}`, { dispatcher });
    res.status(answer.statusCode).send(await answer.body.text());
  } catch {
    res.status(502).end();
  }
});
if (options.awaitReady !== false) await coordinator.ready();
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.on('SIGTERM', async () => {
  await spillway.shutdown({ server, timeoutMs: 1_000 });
  await dispatcher.close();
  process.disconnect?.();
});
