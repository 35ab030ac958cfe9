// One instance of the service, in a process of its own: node instance.ts REDIS STABLE CANARY
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createService } from './service.ts';

const [redisUrl = '', stableUrl = '', canaryUrl = ''] = process.argv.slice(2);
const { app, spillway } = await createService(redisUrl, stableUrl, canaryUrl);
const server = createServer(app).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('SIGTERM', async () => {
  await spillway.shutdown({ server, timeoutMs: 1_000 });
  process.disconnect?.();
});
