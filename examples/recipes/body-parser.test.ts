import { answers, startBackend } from '@spillway/test/support/backend.ts';
import { expect, it } from 'vitest';
import { createApp } from './body-parser.ts';
import { serveRecipe } from './serve-recipe.ts';

it('sends on the very bytes that the parser has read', async () => {
  const backend = await startBackend(answers(200, 'ok'));
  const origin = await serveRecipe(createApp(backend.url));
  const post = (body: string) =>
    fetch(`${origin}/openai/v1/chat/completions`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
  const body = '{"model":"gpt-4o",  "seed":12345678901234567890}';
  expect((await post(body)).status).toBe(200);
  expect(String(await (await backend.request()).body)).toBe(body);
  expect((await post('{"model":"gpt-2"}')).status).toBe(400);
  expect(backend.received).toHaveLength(1);
});
