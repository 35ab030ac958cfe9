/**
 * Takes the pictures of the READMEs anew, of what really runs. Once that is built:
 * `node test/browser/screenshots.ts`.
 * The spike is that of the demo, in its own time: five minutes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dashboard } from '@spillway/dashboard';
import { createSpillway } from '@spillway/express';
import express from 'express';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium, openPage } from './support/chromium.ts';

const ROOT = join(import.meta.dirname, '../..');
const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 720 } };
const NARROW: BrowserContextOptions = { viewport: { width: 400, height: 800 } };
const SPIKE_MS = 265_000;
const STEP_MS = 20_000;

const take = (page: Page, name: string) =>
  page.screenshot({ path: join(ROOT, 'docs/images', `control-room-${name}.png`) });

/** PTU is full, PAYG takes over. */
async function spike(browser: Browser): Promise<void> {
  const demo = join(ROOT, 'examples/spillover/demo.ts');
  const child = spawn(process.execPath, [...process.execArgv, demo, '--duration', '360'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const address = await new Promise<string>((resolve) => {
      child.stdout.on('data', (printed) => {
        const [, url] = /Control room: (\S+)/.exec(String(printed)) ?? [];
        if (url !== undefined) resolve(url);
      });
    });
    await sleep(SPIKE_MS);
    const light = await openPage(browser, address, { ...WIDE, colorScheme: 'light' });
    await light.page.getByText(/tripped, \d+.s left/).waitFor();
    await take(light.page, 'spike');
    const dark = await openPage(browser, address, { ...NARROW, colorScheme: 'dark' });
    await dark.page.getByText(/tripped, .* left/).waitFor();
    await take(dark.page, 'narrow');
  } finally {
    child.kill('SIGINT');
  }
}

/** A canary that fails one request in five is rolled back; then somebody is about to try half of it. */
async function rollback(browser: Browser): Promise<void> {
  const spillway = createSpillway();
  let requests = 0;
  const pool = spillway.pool('api', {
    backends: [
      { id: 'v1', handler: (_req: express.Request, res: express.Response) => res.send('1') },
      {
        id: 'v2',
        weight: 0,
        handler: (_req: express.Request, res: express.Response) =>
          res.status(requests++ > 60 && requests % 5 === 0 ? 500 : 200).send('2'),
      },
    ],
  });
  const app = express();
  const authorize = () => ({ name: 'Ada', role: 'operator' }) as const;
  app.use('/spillway', dashboard(spillway, { authorize }));
  app.use('/api', spillway.proxy(pool));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const load = setInterval(() => {
    fetch(`${origin}/api/items`).then(
      (response) => response.arrayBuffer(),
      () => {},
    );
  }, 40);
  try {
    await sleep(STEP_MS);
    const rollout = pool.rollout({ to: 'v2', steps: [0.1, 0.25, 1], intervalMs: STEP_MS });
    await rollout.done;
    await sleep(STEP_MS / 2);
    const { page } = await openPage(browser, `${origin}/spillway`, {
      ...WIDE,
      colorScheme: 'dark',
    });
    await page
      .getByText(/ratio of failures/)
      .first()
      .waitFor();
    await take(page, 'rollback');
    await page.getByRole('button', { name: 'Change shares of api' }).click();
    await page.getByLabel('Share of v2, per cent').fill('50');
    await page.getByLabel('Share of v2, per cent').blur();
    await page.getByRole('button', { name: 'Change shares', exact: true }).isEnabled();
    await page.getByText(/50 %/).first().waitFor();
    await take(page, 'shares');
  } finally {
    clearInterval(load);
    server.closeAllConnections();
    await spillway.shutdown({ server, timeoutMs: 0 });
  }
}

const browser = await launchChromium();
try {
  await rollback(browser);
  await spike(browser);
} finally {
  await browser.close();
}
