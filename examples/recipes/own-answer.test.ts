import { refuses, startBackend } from '@spillway/test/support/backend.ts';
import { expect, it } from 'vitest';
import { createApp } from './own-answer.ts';
import { serveRecipe } from './serve-recipe.ts';

it('answers in place of Spillway, and leaves the answers of backends alone', async () => {
  const backend = await startBackend(refuses(30));
  const origin = await serveRecipe(createApp(backend.url));
  const ask = () => fetch(`${origin}/openai/v1/models`);

  const refused = await ask();
  expect([refused.status, await refused.text()]).toEqual([429, '{"error":{"code":"429"}}']);

  const rejected = await ask();
  expect(rejected.status).toBe(429);
  expect(rejected.headers.get('retry-after')).toBe('30');
  expect(await rejected.json()).toEqual({
    error: { code: 'no_backend', message: 'every backend is out of capacity' },
  });
  expect(backend.received).toHaveLength(1);
});
