import { refuses, startBackend } from '@spillway/test/support/backend.ts';
import { expect, it } from 'vitest';
import { createApp } from './http-proxy-middleware.ts';
import { serveRecipe } from './serve-recipe.ts';

it('rewrites paths and cookies at whichever backend takes the request', async () => {
  const a = await startBackend(refuses());
  const b = await startBackend((_request, response) => {
    response.setHeader('set-cookie', 'basket=7; Domain=shop.internal');
    response.end('from b');
  });
  const origin = await serveRecipe(createApp(a.url, b.url));
  // One of the two is for a.
  for (let time = 0; time < 2; time++) {
    const answer = await fetch(`${origin}/shop/items?page=2`);
    expect(await answer.text()).toBe('from b');
    expect(answer.headers.getSetCookie()).toEqual(['basket=7']);
  }
  expect(a.received.map(({ url }) => url)).toEqual(['/v2/items?page=2']);
  expect(b.received.map(({ url }) => url)).toEqual(['/v2/items?page=2', '/v2/items?page=2']);
  expect((await fetch(`${origin}/elsewhere`)).status).toBe(404);
});
