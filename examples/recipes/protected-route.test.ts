import { answers, hangs, startBackend } from '@spillway/test/support/backend.ts';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from './protected-route.ts';
import { serveRecipe } from './serve-recipe.ts';

it('gives up after 3 s, stops the call behind it, and trips at half of 20', async () => {
  // Express tells of the handler's aborted fetch there.
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  const clock = new FakeClock();
  const backend = await startBackend(answers(200, 'found'));
  const recipe = createApp(backend.url, { clock });
  const origin = await serveRecipe(recipe);
  const search = () => fetch(`${origin}/search`);
  for (let count = 0; count < 10; count++) expect(await (await search()).text()).toBe('found');

  backend.answer = hangs;
  const late = Array.from({ length: 10 }, search);
  const stopped = (await Promise.all(late.map((_, index) => backend.request(10 + index)))).map(
    ({ closed }) => closed,
  );
  clock.advance(3_000);
  for (const answer of await Promise.all(late)) {
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ code: 'request_timeout' });
  }
  expect(await Promise.all(stopped)).toEqual(Array(10).fill('aborted'));
  await until(() => expect(recipe.spillway.status().gates.search?.running).toBe(0));

  const refused = await search();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await refused.json()).toMatchObject({ code: 'circuit_open' });
  expect(backend.received).toHaveLength(20);

  backend.answer = answers(200, 'found');
  clock.advance(5_000);
  expect(await (await search()).text()).toBe('found');
  await until(() => expect(recipe.spillway.status().breakers.search?.state).toBe('closed'));
});

it('passes on what is found, a failure too', async () => {
  const backend = await startBackend(answers(500, 'broken'));
  const origin = await serveRecipe(createApp(backend.url));
  const answer = await fetch(`${origin}/search`);
  expect([answer.status, await answer.text()]).toEqual([500, 'broken']);
});
