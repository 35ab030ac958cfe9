import { answers, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { describe, expect, it } from 'vitest';
import { withChromium } from './support/chromium.ts';
import { ADA, realRoom, VIC } from './support/real-room.ts';

const open = withChromium();

async function twoVersions() {
  const v1 = await startBackend();
  const v2 = await startBackend();
  const room = await realRoom('api', {
    backends: [
      { id: 'v1', url: v1.url },
      { id: 'v2', url: v2.url, weight: 0 },
    ],
  });
  return { v1, v2, room };
}

describe('an operator', () => {
  it('moves a share by hand, and the backends get it', async () => {
    const { v1, v2, room } = await twoVersions();
    const { page, complaints } = await open(room.url, ADA);
    await room.ask(10);
    expect(v2.received).toHaveLength(0);

    await page.getByRole('button', { name: 'Change shares of api, level 1' }).click();
    await page.getByLabel('Share of v2, per cent').fill('25');
    await page.getByLabel('Share of v2, per cent').blur();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByText(/v2.*25 %/)
      .first()
      .waitFor();
    expect(room.pool.status().backends[1]?.weight).toBe(0);
    await dialog.getByRole('button', { name: 'Change shares' }).click();
    await page.getByText(/^Done: /).waitFor();

    await room.ask(100);
    // Within one request of its share, counted from the change.
    expect(Math.abs(v2.received.length - 25)).toBeLessThanOrEqual(1);
    expect(v1.received.length + v2.received.length).toBe(110);
    await page
      .getByRole('row', { name: /^v2 / })
      .getByText(/asked 25\s%/)
      .waitFor();
    await page
      .getByRole('list', { name: 'Events' })
      .getByText(/Changes by hand · Ada/)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it('sees a rollout go wrong and be rolled back, and why', async () => {
    const { v2, room } = await twoVersions();
    v2.answer = answers(500);
    const { page, complaints } = await open(room.url, ADA);
    await page.getByRole('button', { name: 'Start a rollout in api' }).click();
    await page.getByLabel('Steps, per cent').fill('50, 100');
    await page.getByLabel('Judged after, requests').fill('5');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText(/^Done: /).waitFor();
    await page.getByRole('progressbar', { name: 'Share of v2' }).waitFor();

    // Its failures are sent again to v1: callers see none of this.
    expect(new Set(await room.ask(30))).toEqual(new Set([200]));
    const rollouts = page.getByRole('region', { name: 'Rollouts of api' });
    const decision = rollouts.getByRole('listitem').filter({ hasText: 'abort' });
    await decision.getByText(/ratio of failures is more than 0.05 above/).waitFor();
    await decision.getByText(/new: 5 requests, 100.% failed/).waitFor();
    await expect.poll(() => page.getByRole('progressbar', { name: 'Share of v2' }).count()).toBe(0);
    expect(room.pool.status().backends.map(({ weight }) => weight)).toEqual([1, 0]);
    expect(v2.received).toHaveLength(5);
    expect(complaints).toEqual([]);
  });

  it('trips a breaker by hand, and closes it', async () => {
    const ptu = await startBackend();
    const payg = await startBackend();
    const room = await realRoom('chat', {
      backends: [
        { id: 'ptu1', url: ptu.url, breaker: { failureCount: 3 } },
        { id: 'payg1', url: payg.url, priority: 2 },
      ],
    });
    const { page } = await open(room.url, ADA);
    const ptu1 = page.getByRole('row', { name: /^ptu1 / });
    await page.getByRole('button', { name: 'Trip ptu1' }).click();
    await page.getByRole('button', { name: 'Trip', exact: true }).click();
    await ptu1.getByText(/tripped, (59.s|1.min 00.s) left/).waitFor();
    await room.ask(3);
    expect([ptu.received.length, payg.received.length]).toEqual([0, 3]);

    await page.getByRole('button', { name: 'Close ptu1' }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await ptu1.getByText('available').waitFor();
    await room.ask(3);
    expect([ptu.received.length, payg.received.length]).toEqual([3, 3]);
  });

  it('switches a shadow on and off, and drains a backend', async () => {
    const { v2, room } = await twoVersions();
    const { page } = await open(room.url, ADA);
    await page.getByRole('button', { name: 'Shadow v2' }).click();
    await page.getByLabel('Copies of, per cent of the requests').fill('100');
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByText(/copies of 100.% of GET, HEAD and OPTIONS/).waitFor();
    await room.ask(4);
    await expect.poll(() => v2.received.length).toBe(4);

    await page.getByRole('button', { name: 'Switch off the shadow v2' }).click();
    await page.getByRole('button', { name: 'Switch off', exact: true }).click();
    await page.getByRole('region', { name: 'Shadows of api' }).waitFor({ state: 'detached' });
    await room.ask(4);
    expect(v2.received.length).toBe(4);

    await page.getByRole('button', { name: 'Drain v2' }).click();
    await page.getByRole('button', { name: 'Drain and remove' }).click();
    await page.getByRole('row', { name: /^v2 / }).waitFor({ state: 'detached' });
    expect(room.pool.status().backends.map(({ id }) => id)).toEqual(['v1']);
  });

  it('is told at the field what is wrong with a value', async () => {
    const { room } = await twoVersions();
    const { page } = await open(room.url, ADA);
    await page.getByRole('button', { name: 'Start a rollout in api' }).click();
    const steps = page.getByLabel('Steps, per cent');
    await steps.fill('10, 5');
    await expect.poll(() => steps.getAttribute('aria-invalid')).toBe('true');
    await page.getByText('must be above the step before', { exact: true }).waitFor();
  });
});

describe('a viewer', () => {
  it('sees the same, live, and has nothing to steer with', async () => {
    const { room } = await twoVersions();
    const { page, complaints } = await open(room.url, VIC);
    await page.getByText('viewer: looks, does not steer').waitFor();
    await room.ask(7);
    await page.getByRole('row', { name: /^v1 / }).getByRole('cell', { name: '7' }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('is refused by the service, whatever the browser is made to send', async () => {
    const { room } = await twoVersions();
    const { page } = await open(room.url, VIC);
    const status = await page.evaluate(`(async () => {
      const { token } = await (await fetch('session')).json();
      const response = await fetch('pools/api/traffic', {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'x-spillway-token': token },
        body: '{"shares":{"v1":0,"v2":1}}',
      });
      return response.status;
    })()`);
    expect(status).toBe(403);
    expect(room.pool.status().backends.map(({ weight }) => weight)).toEqual([1, 0]);
  });
});

it('shows a backend whose name is a script as text, under a policy that would not run it', async () => {
  const backend = await startBackend(refuses(5));
  const id = '<script>document.title="entered"</script><img src=x onerror=alert(1)>';
  const room = await realRoom(id, {
    backends: [{ id, url: backend.url, breaker: { failureCount: 1 } }],
  });
  const { page, complaints } = await open(room.url, ADA);
  await page.getByRole('heading', { name: id, exact: true }).waitFor();
  await room.ask(1);
  const log = page.getByRole('list', { name: 'Events' });
  await log.getByRole('listitem').filter({ hasText: id }).first().waitFor();
  await expect.poll(() => page.title()).toBe('One backend tripped · Spillway control room');
  expect(await page.locator('#room script, img').count()).toBe(0);
  expect(complaints).toEqual([]);
});
