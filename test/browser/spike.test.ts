import { join } from 'node:path';
import { startDemo } from '@spillway/test/support/demo.ts';
import { childrenOf, isAlive } from '@spillway/test/support/processes.ts';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { withChromium } from './support/chromium.ts';

const open = withChromium();
const DEMO = join(import.meta.dirname, '../../examples/spillover');

/** What stands in its column OK. */
async function answeredBy(row: Locator): Promise<number> {
  return Number((await row.getByRole('cell').nth(3).innerText()).replace(',', ''));
}

it('shows the spike of the demo: PTU trips, PAYG takes over, and it goes on when its time is over', async () => {
  const startedAt = performance.now();
  const { child, output, ended } = startDemo(DEMO, ['--duration', '20', '--open-end']);
  const address = /Control room: (\S+)/;
  await expect.poll(output, { timeout: 20_000 }).toMatch(address);
  const [, url = ''] = address.exec(output()) ?? [];
  const { page, complaints } = await open(url);
  expect(page.url()).toMatch(/\/spillway\/$/);

  const ptu1 = page.getByRole('row', { name: /^ptu1 / });
  const payg1 = page.getByRole('row', { name: /^payg1 / });
  await ptu1.getByText('available').waitFor();
  expect(await answeredBy(payg1)).toBe(0);

  const log = page.getByRole('list', { name: 'Events' });
  await log
    .getByText(/ptu1 tripped by 429/)
    .first()
    .waitFor({ timeout: 30_000 });
  await log
    .getByText(/requests? spilled over from level 1 to 2/)
    .first()
    .waitFor({ timeout: 30_000 });
  await expect.poll(() => answeredBy(payg1)).toBeGreaterThan(0);
  await page.getByText('As a table: Requests by backend of chat').click();
  const rows = page.getByRole('region', { name: 'Requests by backend of chat' }).getByRole('row');
  // Of both, in one of its intervals.
  await expect
    .poll(() => rows.allInnerTexts())
    .toContainEqual(expect.stringMatching(/[1-9][\d.]*\/s\s+[1-9][\d.]*\/s/));

  await expect
    .poll(() => performance.now() - startedAt, { timeout: 30_000 })
    .toBeGreaterThan(22_000);
  const before = await answeredBy(ptu1);
  await expect.poll(() => answeredBy(ptu1)).toBeGreaterThan(before);
  expect(complaints).toEqual([]);

  const children = childrenOf(child.pid as number);
  child.kill('SIGTERM');
  const { code } = await ended;
  expect(code).toBe(0);
  expect(children.filter(isAlive)).toEqual([]);
  await page.getByText(/Connection lost/).waitFor();
});

it('lets nobody into the control room of the demo without its key', async () => {
  const { child, output, ended } = startDemo(DEMO, ['--duration', '20', '--open-end']);
  await expect.poll(output, { timeout: 20_000 }).toMatch(/Control room: \S+/);
  const [, origin = ''] = /Control room: (http:\/\/[^/]+)/.exec(output()) ?? [];
  for (const path of [
    '/control-room?key=guessed',
    '/control-room',
    '/spillway/',
    '/spillway/status',
  ]) {
    const { status } = await fetch(`${origin}${path}`, { redirect: 'manual' });
    expect([path, status]).toEqual([path, 403]);
  }
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
});
