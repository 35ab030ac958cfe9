import { startBackend } from '@spillway/test/support/backend.ts';
import { expect, it } from 'vitest';
import { serveRecipe } from './serve-recipe.ts';
import { createApp } from './weights.ts';

it('gives the canary one request in twenty', async () => {
  const stable = await startBackend();
  const canary = await startBackend();
  const origin = await serveRecipe(createApp(stable.url, canary.url));
  for (let count = 0; count < 100; count++) await (await fetch(`${origin}/api/items`)).text();
  expect(Math.abs(canary.received.length - 5)).toBeLessThanOrEqual(1);
  expect(stable.received.length + canary.received.length).toBe(100);
  expect(stable.received[0]?.url).toBe('/items');
});
