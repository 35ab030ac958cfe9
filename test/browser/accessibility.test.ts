import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { busyRoom } from './support/busy-room.ts';
import { withChromium } from './support/chromium.ts';
import { fakeRoom } from './support/fake-room.ts';

const open = withChromium();

/** What axe-core has against the page, with the elements that it is about. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html }) => `${id}: ${help}: ${html}`),
  );
}

describe.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 400],
  ['dark', 400],
] as const)('in %s, %i px wide', (colorScheme, width) => {
  it('has nothing that axe-core knows to keep people out', async () => {
    const room = await fakeRoom(busyRoom());
    const { page } = await open(room.url, { colorScheme, viewport: { width, height: 900 } });
    await page.getByText('Live', { exact: true }).waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start a rollout in api' }).click();
    await page.getByText('The rollout to v2 is superseded.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });
});

it('is steered by keyboard alone, and the focus comes back to where it was', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  const button = page.getByRole('button', { name: 'Change shares of api' });
  await button.focus();
  await page.keyboard.press('Enter');
  const slider = page.getByRole('slider', { name: 'Share of v1' });
  await expect.poll(() => slider.evaluate((element) => element.matches(':focus'))).toBe(true);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.getByText('The rollout to v2 is superseded.').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Done: the shares of api').waitFor();
  expect(room.asked.at(-1)).toMatchObject({
    dryRun: false,
    body: { shares: { v1: 0.88, v2: 0.12, candidate: 0 } },
  });
  await expect.poll(() => button.evaluate((element) => element.matches(':focus'))).toBe(true);
});

it('leaves a dialog by Escape, and nothing has been changed', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  await page.getByRole('button', { name: 'Drain v1' }).click();
  await page.getByText('The rollout to v2 is superseded.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(room.asked.filter(({ dryRun }) => !dryRun)).toEqual([]);
});

it('tells those who listen what has happened, and not all that was there before', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  await page.getByText('Live', { exact: true }).waitFor();
  const at = Date.now();
  room.tell('log', { id: 50, at, kind: 'trip', pool: 'api', text: 'v2 tripped for 10 s' });
  room.tell('log', { id: 51, at, kind: 'spillover', pool: 'api', text: '3 requests spilled over' });
  const spoken = page.locator('p[role=status].hidden');
  await expect.poll(() => spoken.textContent()).toBe('api: v2 tripped for 10 s');

  // What is known is no news either, when the connection has come back.
  room.hangUp();
  await page.getByText(/Connection lost/).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  room.tell('log', { id: 52, at, kind: 'recover', pool: 'api', text: 'v2 serves again' });
  await expect.poll(() => spoken.textContent()).toBe('api: v2 serves again');
});

it('has the values of each chart as a table', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  await page.getByText('As a table: Queue ratio').click();
  const rows = page.getByRole('region', { name: 'Queue ratio, as a table' }).getByRole('row');
  await expect.poll(() => rows.count()).toBe(181);
  expect(await rows.first().innerText()).toMatch(/Time\s+reports\s+tenants/);
});

it('is shown in the colours that were chosen, the next time too', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url, { colorScheme: 'light' });
  const shown = () => page.locator('html').getAttribute('data-theme');
  expect(await shown()).toBe('light');
  await page.getByLabel('Colours').selectOption('dark');
  expect(await shown()).toBe('dark');
  await page.reload();
  expect(await shown()).toBe('dark');
  await page.getByLabel('Colours').selectOption('system');
  expect(await shown()).toBe('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(shown).toBe('dark');
});
