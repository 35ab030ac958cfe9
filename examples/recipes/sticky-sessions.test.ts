import { answers, startBackend } from '@spillway/test/support/backend.ts';
import { expect, it } from 'vitest';
import { serveRecipe } from './serve-recipe.ts';
import { createApp } from './sticky-sessions.ts';

it.each([
  ['a header', '/api', (session: string) => ({ 'x-session-id': session })],
  ['a cookie', '/shop', (session: string) => ({ cookie: `theme=dark; sid=${session}` })],
])('keeps a session at one backend by %s', async (_, path, headersOf) => {
  const a = await startBackend(answers(200, 'a'));
  const b = await startBackend(answers(200, 'b'));
  const origin = await serveRecipe(createApp(a.url, b.url));
  const sessions = Array.from({ length: 20 }, (_, index) => `session-${index}`);
  const round = () =>
    Promise.all(
      sessions.map(async (session) =>
        (await fetch(origin + path, { headers: headersOf(session) })).text(),
      ),
    );
  const first = await round();
  expect(await round()).toEqual(first);
  expect(new Set(first)).toEqual(new Set(['a', 'b']));

  // While its backend is away a session is served by the other one, and returns afterwards.
  b.answer = answers(503);
  expect(new Set(await round())).toEqual(new Set(['a']));
  b.answer = answers(200, 'b');
  expect(await round()).toEqual(first);
});
