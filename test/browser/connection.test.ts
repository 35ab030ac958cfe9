import { expect, it } from 'vitest';
import { busyRoom } from './support/busy-room.ts';
import { withChromium } from './support/chromium.ts';
import { fakeRoom } from './support/fake-room.ts';

const open = withChromium();

it('says when what it shows is old, and when it is live again', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  await page.getByText('Live', { exact: true }).waitFor();
  room.isSilent = true;
  await page.getByText(/Stale: last heard \d+.s ago/).waitFor();
  room.isSilent = false;
  await page.getByText('Live', { exact: true }).waitFor();
});

it('comes back by itself when the connection was lost, with what it has missed', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  await page.getByText('Live', { exact: true }).waitFor();
  // Of a new process: its ids begin anew.
  room.said.entries = [{ id: 1, at: Date.now(), kind: 'trip', text: 'something tripped' }];
  room.hangUp();
  await page.getByText('something tripped').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await page.getByText('started a rollout to v2').count()).toBe(1);
});

it('says why it is not let in, and tries again', async () => {
  const room = await fakeRoom(busyRoom());
  room.said.refusal = {
    title: 'Forbidden',
    status: 403,
    code: 'forbidden',
    detail: 'You may not enter the control room.',
  };
  const { page } = await open(room.url);
  await page.getByText('You may not enter the control room.').waitFor();
  await page.getByText('Not let in').waitFor();
  room.said.refusal = undefined;
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await page.getByText('You may not enter').count()).toBe(0);
});

it('counts the time of a trip down between two snapshots', async () => {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  const state = page.getByRole('row', { name: 'ptu1' }).getByText(/tripped, .* left/);
  await state.waitFor();
  room.isSilent = true;
  await expect.poll(() => state.innerText()).toMatch(/tripped, 3\d.s left/);
});

it('draws a new point as it comes', async () => {
  const said = busyRoom();
  const room = await fakeRoom({ ...said, points: said.points.slice(0, 2) });
  const { page } = await open(room.url);
  await page.getByText('As a table: Queue ratio').click();
  const rows = page.getByRole('region', { name: 'Queue ratio, as a table' }).getByRole('row');
  await expect.poll(() => rows.count()).toBe(3);
  const picture = page.locator('canvas').first();
  const before = await picture.screenshot();
  for (const point of said.points.slice(2, 5)) room.tell('point', point);
  await expect.poll(() => rows.count()).toBe(6);
  expect((await picture.screenshot()).equals(before)).toBe(false);
});
