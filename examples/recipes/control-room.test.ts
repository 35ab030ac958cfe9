import { answers, startBackend } from '@spillway/test/support/backend.ts';
import { expect, it } from 'vitest';
import { createApp } from './control-room.ts';
import { serveRecipe } from './serve-recipe.ts';

it('shows who may look what goes on, and steers for those who may', async () => {
  const backend = await startBackend(answers(200, 'served'));
  const userOf = ({ headers }: { headers: object }) =>
    (headers as Record<string, string | undefined>)['x-user'];
  const origin = await serveRecipe(createApp(backend.url, userOf, new Set(['ann'])));
  const ask = (path: string, user: string | undefined, init: RequestInit = {}) =>
    fetch(`${origin}/spillway${path}`, {
      ...init,
      headers: { ...init.headers, ...(user !== undefined && { 'x-user': user }) },
    });
  const trip = async (user: string) => {
    const { token } = (await (await ask('/session', user)).json()) as { token: string };
    return ask('/pools/chat/backends/ptu1/trip', user, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-spillway-token': token },
      body: '{"durationMs":60000}',
    });
  };
  expect((await ask('/status', undefined)).status).toBe(403);
  expect((await trip('vic')).status).toBe(403);
  expect(await (await trip('ann')).json()).toMatchObject({ applied: true, by: 'ann' });
  const status = await (await ask('/status', 'vic')).json();
  expect(status).toMatchObject({
    status: { pools: { chat: { backends: [{ breaker: { state: 'open' } }, {}] } } },
  });
});
