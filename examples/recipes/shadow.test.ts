import { answers, startBackend } from '@spillway/test/support/backend.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { serveRecipe } from './serve-recipe.ts';
import { createApp } from './shadow.ts';

it('sends copies, compares their answers, and shows them to nobody', async () => {
  const v1 = await startBackend(answers(200, 'v1'));
  const candidate = await startBackend(answers(500, 'candidate'));
  const recipe = createApp(v1.url, candidate.url);
  const origin = await serveRecipe(recipe);
  const ask = async () => {
    const answer = await fetch(`${origin}/api/items/7?page=2`);
    expect([answer.status, await answer.text()]).toEqual([200, 'v1']);
  };
  let asked = 0;
  while (candidate.received.length === 0) {
    await ask();
    asked++;
  }
  await until(() => {
    const [shadow] = recipe.api.status().shadows;
    expect(shadow).toMatchObject({ backend: 'candidate', proportion: 0.1 });
    expect(shadow?.mismatches).toBe(candidate.received.length);
    expect(shadow?.samples[0]).toMatchObject({
      path: '/items/7',
      reason: '500 instead of 200',
    });
  });
  expect(v1.received).toHaveLength(asked);
});
