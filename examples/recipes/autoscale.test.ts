import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createApp } from './autoscale.ts';
import { serveRecipe } from './serve-recipe.ts';

const module = join(import.meta.dirname, '../../test/acceptance/autoscale-service.fixture.ts');

it('serves with instances of a module, of which an autoscaler takes care', async () => {
  const recipe = await createApp(module);
  onTestFinished(async () => {
    recipe.autoscaler.stop();
    await recipe.scaler.close();
  });
  const origin = await serveRecipe(recipe);
  const ask = async () => Number(await (await fetch(`${origin}/prices/pid`)).text());
  const [first] = recipe.scaler.status().instances;
  expect(await ask()).toBe(first?.pid);
  await recipe.scaler.scaleTo(2);
  const pids = recipe.scaler.status().instances.map(({ pid }) => pid);
  const answered = await Promise.all(Array.from({ length: 8 }, ask));
  expect([...new Set(answered)].sort()).toEqual(pids.sort());
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  expect(metrics).toContain('spillway_autoscale_decisions_total{autoscaler="autoscale"');
  expect(recipe.autoscaler.status()).toMatchObject({ running: true, min: 1, max: 4 });
});
