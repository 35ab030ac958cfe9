import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dashboard } from '@spillway/dashboard';
import { createSpillway } from '@spillway/koa';
import { startBackend } from '@spillway/test/support/backend.ts';
import Koa from 'koa';
import mount from 'koa-mount';
import { expect, it, onTestFinished } from 'vitest';
import { withChromium } from './support/chromium.ts';

const open = withChromium();

it('is the same page in a Koa application, and steers it', async () => {
  const { url } = await startBackend();
  const spillway = createSpillway();
  const pool = spillway.pool('api', {
    backends: [{ id: 'v1', url, breaker: { failureCount: 1 } }],
  });
  const app = new Koa();
  const authorize = () => ({ name: 'Ada', role: 'operator' }) as const;
  app.use(mount('/spillway', dashboard(spillway, { authorize })));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await spillway.shutdown({ server, timeoutMs: 0 });
  });

  const { port } = server.address() as AddressInfo;
  const { page, complaints } = await open(`http://127.0.0.1:${port}/spillway`);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Trip v1' }).click();
  await page.getByRole('button', { name: 'Trip', exact: true }).click();
  await page.getByText(/^Done: /).waitFor();
  expect(pool.status().backends[0]?.breaker?.state).toBe('open');
  expect(complaints).toEqual([]);
});
