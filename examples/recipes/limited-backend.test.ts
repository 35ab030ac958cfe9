import { startBackend } from '@spillway/test/support/backend.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { createApp } from './limited-backend.ts';
import { serveRecipe } from './serve-recipe.ts';

it('lets 20 run and 100 wait, and turns the rest away', async () => {
  const backend = await startBackend();
  const finish = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  backend.answer = async (_request, response) => {
    most = Math.max(most, ++running);
    await finish.promise;
    running--;
    response.end('report');
  };
  const recipe = createApp(backend.url);
  const origin = await serveRecipe(recipe);
  const calls = Array.from({ length: 130 }, () => fetch(`${origin}/reports`));
  await until(() => {
    expect(backend.received).toHaveLength(20);
    expect(recipe.spillway.status().pools.reports).toMatchObject({
      running: 20,
      waiting: 100,
      rejections: { queue_full: 10 },
    });
  });
  finish.resolve();
  const answers = await Promise.all(calls);
  await Promise.all(answers.map((answer) => answer.text()));
  const turnedAway = answers.filter(({ status }) => status === 429);
  expect(turnedAway).toHaveLength(10);
  expect(Number(turnedAway[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(120);
  expect(most).toBe(20);
});
