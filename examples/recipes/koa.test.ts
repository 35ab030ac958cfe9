import { answers, hangs, startBackend } from '@spillway/test/support/backend.ts';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { createApp } from './koa.ts';
import { serveRecipe } from './serve-recipe.ts';

it('is the same behind Koa', async () => {
  const clock = new FakeClock();
  const search = await startBackend(hangs);
  const ptu = await startBackend(answers(200, 'answered'));
  const recipe = createApp(search.url, ptu.url, { clock });
  const origin = await serveRecipe(recipe);
  expect(await (await fetch(`${origin}/readyz`)).json()).toEqual({ status: 'ok', failed: [] });
  expect(await (await fetch(`${origin}/openai/v1/models`)).text()).toBe('answered');
  expect(ptu.received[0]?.url).toBe('/v1/models');

  const late = fetch(`${origin}/search`);
  const { closed } = await search.request();
  clock.advance(3_000);
  expect((await late).status).toBe(504);
  expect(await closed).toBe('aborted');
  await until(() => expect(recipe.spillway.status().gates.search?.running).toBe(0));
  search.answer = answers(200, 'found');
  expect(await (await fetch(`${origin}/search`)).text()).toBe('found');
});
