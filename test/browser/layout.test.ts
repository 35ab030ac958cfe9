import { describe, expect, it } from 'vitest';
import { poolStatus } from '../support/statuses.ts';
import { backend, busyRoom } from './support/busy-room.ts';
import { expectNoSidewaysScroll, withChromium } from './support/chromium.ts';
import { fakeRoom, type Said } from './support/fake-room.ts';

const open = withChromium();

/** Names as long as somebody will make them, and more backends than there are colours. */
function crowdedRoom(): Said {
  const said = busyRoom();
  const long = 'gpt-4o-2024-11-20-provisioned-throughput-sweden-central-production-cluster-a';
  const backends = Array.from({ length: 14 }, (_, index) =>
    backend(`${long}-${index}`, { weight: index, url: `https://${long}.example/openai/v1/chat` }),
  );
  const { status } = said.snapshot;
  return {
    ...said,
    snapshot: {
      ...said.snapshot,
      status: { ...status, pools: { ...status.pools, [long]: poolStatus(long, { backends }) } },
    },
    entries: [...said.entries, { id: 99, at: Date.now(), kind: 'trip', pool: long, text: long }],
  };
}

describe.each([400, 768, 1280, 1920, 3840])('%i px wide', (width) => {
  it('shows everything without scrolling sideways, whatever the names', async () => {
    const room = await fakeRoom(crowdedRoom());
    const { page, complaints } = await open(room.url, { viewport: { width, height: 900 } });
    await page.getByText('Live', { exact: true }).waitFor();
    await page.locator('canvas').nth(6).waitFor();
    await expectNoSidewaysScroll(page);
    for (const button of await page.getByRole('button', { name: 'Start a rollout' }).all()) {
      await button.click();
      await expectNoSidewaysScroll(page);
      await page.getByRole('button', { name: 'Cancel' }).click();
    }
    expect(complaints).toEqual([]);
  });
});

it('shows an empty service as that', async () => {
  const said = busyRoom();
  const { status } = said.snapshot;
  const room = await fakeRoom({
    ...said,
    points: [],
    entries: [],
    snapshot: {
      ...said.snapshot,
      scalers: {},
      received: {},
      status: { ...status, pools: {}, gates: {}, breakers: {}, requests: {} },
    },
  });
  const { page, complaints } = await open(room.url);
  await page.getByText('There is no pool and no protected route.').waitFor();
  await page.getByText('Nothing yet.').waitFor();
  expect(complaints).toEqual([]);
});

it('of a thousand backends shows those that do not serve, and all when it is asked to', async () => {
  const said = busyRoom();
  const { status } = said.snapshot;
  const backends = Array.from({ length: 1_000 }, (_, index) =>
    backend(`b${index}`, { available: index !== 700 }),
  );
  const room = await fakeRoom({
    ...said,
    snapshot: {
      ...said.snapshot,
      status: { ...status, pools: { many: poolStatus('many', { backends }) } },
    },
  });
  const { page, complaints } = await open(room.url);
  const rows = page.getByRole('table', { name: 'Backends of many' }).getByRole('row');
  await page
    .getByRole('row', { name: /^b700 / })
    .getByText('unavailable')
    .waitFor();
  expect(await rows.count()).toBe(2 + 25);
  await page.getByRole('button', { name: 'Show all 1,000' }).click();
  await expect.poll(() => rows.count()).toBe(2 + 1_000);
  await expectNoSidewaysScroll(page);
  expect(await page.getByText('993 others').count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
});
