import type { LogEntry } from '@spillway/dashboard';
import { expect, it } from 'vitest';
import { poolStatus } from '../support/statuses.ts';
import { backend, busyRoom } from './support/busy-room.ts';
import { withChromium } from './support/chromium.ts';
import { fakeRoom } from './support/fake-room.ts';

const open = withChromium();

const HOSTILE = '<img src=x onerror="window.entered=1"><script>window.entered=1</script>';

it('shows whatever a name is made of as text', async () => {
  const said = busyRoom();
  const { status } = said.snapshot;
  const backends = [backend(HOSTILE, { url: 'javascript:window.entered=1' }), backend('other')];
  const entry: LogEntry = { id: 90, at: Date.now(), kind: 'change', by: HOSTILE, text: HOSTILE };
  const room = await fakeRoom({
    ...said,
    snapshot: {
      ...said.snapshot,
      instance: HOSTILE,
      status: { ...status, pools: { [HOSTILE]: poolStatus(HOSTILE, { backends }) } },
    },
    entries: [entry],
  });
  const { page, complaints } = await open(room.url);
  await page.getByRole('heading', { name: HOSTILE, exact: true }).waitFor();
  await page.getByRole('row', { name: HOSTILE }).first().waitFor();
  await page.getByRole('button', { name: `Shadow ${HOSTILE}` }).click();
  await page.getByRole('heading', { name: `Shadow ${HOSTILE}` }).waitFor();
  await page.getByText('The rollout to v2 is superseded.').waitFor();
  expect(room.asked[0]?.path).toBe(
    `pools/${encodeURIComponent(HOSTILE)}/shadows/${encodeURIComponent(HOSTILE)}`,
  );
  expect(await page.evaluate('window.entered')).toBeUndefined();
  expect(await page.locator('img, #room script, a[href^="javascript"]').count()).toBe(0);
  expect(complaints).toEqual([]);
});
