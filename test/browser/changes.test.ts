import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { busyRoom } from './support/busy-room.ts';
import { withChromium } from './support/chromium.ts';
import { type Asked, type FakeRoom, fakeRoom } from './support/fake-room.ts';

const open = withChromium();

async function enter(): Promise<{ room: FakeRoom; page: Page }> {
  const room = await fakeRoom(busyRoom());
  const { page } = await open(room.url);
  await page.getByText('Live', { exact: true }).waitFor();
  return { room, page };
}

const made = ({ asked }: FakeRoom) => asked.filter(({ dryRun }) => !dryRun);

/** Name of the button, of the one that does it, and what the API is asked. */
const CHANGES: readonly (readonly [button: string, verb: string, asked: Partial<Asked>])[] = [
  ['Trip ptu1', 'Trip', { path: 'pools/chat/backends/ptu1/trip', body: { durationMs: 60_000 } }],
  ['Close ptu1', 'Close', { path: 'pools/chat/backends/ptu1/close', body: {} }],
  [
    'Drain ptu2',
    'Drain and remove',
    { path: 'pools/chat/backends/ptu2/drain', body: { timeoutMs: 30_000 } },
  ],
  [
    'Shadow v2',
    'Switch on',
    { method: 'PUT', path: 'pools/api/shadows/v2', body: { proportion: 0.1, methods: 'safe' } },
  ],
  [
    'Switch off the shadow candidate',
    'Switch off',
    { method: 'PUT', path: 'pools/api/shadows/candidate', body: { proportion: 0 } },
  ],
  ['Pause the rollout to v2', 'Pause', { path: 'pools/api/rollouts/v2/pause', body: {} }],
  ['Abort the rollout to v2', 'Abort', { path: 'pools/api/rollouts/v2/abort', body: {} }],
  [
    'Start a rollout in api',
    'Start',
    {
      path: 'pools/api/rollouts',
      body: {
        to: 'candidate',
        steps: [0.01, 0.1, 0.5, 1],
        intervalMs: 60_000,
        abort: { failureRatio: 0.05, minimumRequests: 20 },
      },
    },
  ],
  ['Trip search', 'Trip', { path: 'breakers/search/trip', body: { durationMs: 60_000 } }],
  ['Close search', 'Close', { path: 'breakers/search/close', body: {} }],
];

it.each(CHANGES)('%s: is tried first, and made when it is told to', async (name, verb, asked) => {
  const { room, page } = await enter();
  await page.getByRole('button', { name, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The rollout to v2 is superseded.').waitFor();
  expect(made(room)).toEqual([]);
  await dialog.getByRole('button', { name: verb, exact: true }).click();
  await page.getByText('Done: the shares of api').waitFor();
  expect(made(room)).toEqual([{ method: 'POST', ...asked, dryRun: false, token: 'token' }]);
  expect(room.asked[0]).toEqual({ ...made(room)[0], dryRun: true });
});

describe('a change that is refused', () => {
  it('says so at the field that it is about', async () => {
    const { room, page } = await enter();
    room.said.answer = () => ({
      title: 'Unprocessable Content',
      status: 422,
      code: 'invalid_change',
      detail: 'durationMs must be positive, got -5000',
      option: 'durationMs',
      rule: 'must be positive',
    });
    await page.getByRole('button', { name: 'Trip ptu1' }).click();
    const field = page.getByLabel('For, seconds');
    await field.fill('-5');
    await page.getByText('durationMs must be positive, got -5000').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    const described = await field.getAttribute('aria-describedby');
    expect(await page.locator(`[id="${described}"]`).innerText()).toBe('must be positive');
    expect(await page.getByRole('button', { name: 'Trip', exact: true }).isDisabled()).toBe(true);
  });

  it('when it is made leaves the dialog open, and nothing is told to be done', async () => {
    const { room, page } = await enter();
    const { answer } = room.said;
    room.said.answer = (asked) =>
      asked.dryRun
        ? answer(asked)
        : { title: 'Conflict', status: 409, code: 'impossible_now', detail: 'It has gone.' };
    await page.getByRole('button', { name: 'Close ptu1' }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByText('It has gone.').waitFor();
    expect(await page.getByText('Done:').count()).toBe(0);
  });

  it('for a token of a process that has ended is asked for anew, once', async () => {
    const { room, page } = await enter();
    const { answer } = room.said;
    let refusals = 1;
    room.said.answer = (asked) =>
      refusals-- > 0
        ? { title: 'Forbidden', status: 403, code: 'wrong_token', detail: 'Not this token.' }
        : answer(asked);
    await page.getByRole('button', { name: 'Close ptu1' }).click();
    await page.getByText('The rollout to v2 is superseded.').waitFor();
    expect(room.asked).toHaveLength(2);
  });

  it('cannot be made while a number is missing', async () => {
    const { room, page } = await enter();
    await page.getByRole('button', { name: 'Drain ptu2' }).click();
    await page.getByLabel('What it has is cut off after, seconds').fill('');
    await page.getByText('How long may what it has take?').waitFor();
    expect(await page.getByRole('button', { name: 'Drain and remove' }).isDisabled()).toBe(true);
    expect(made(room)).toEqual([]);
  });
});

it('shows a viewer everything and lets them change nothing', async () => {
  const room = await fakeRoom({ ...busyRoom(), role: 'viewer' });
  const { page } = await open(room.url);
  await page.getByText('viewer: looks, does not steer').waitFor();
  await page.getByRole('row', { name: 'ptu1' }).waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
});
