import { until } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { createApp } from './limited-route.ts';
import { serveRecipe } from './serve-recipe.ts';

it('lets 20 reports be made and 100 wait, and turns the rest away', async () => {
  const finish = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const recipe = createApp(async (req, res) => {
    most = Math.max(most, ++running);
    await finish.promise;
    running--;
    res.send(`report ${req.params.id}`);
  });
  const origin = await serveRecipe(recipe);
  const calls = Array.from({ length: 130 }, () => fetch(`${origin}/reports/7`));
  await until(() =>
    expect(recipe.spillway.status().gates.reports).toMatchObject({
      running: 20,
      waiting: 100,
      queueRatio: 5,
      rejections: { queue_full: 10 },
    }),
  );
  finish.resolve();
  const answers = await Promise.all(calls);
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  expect(texts.filter((text) => text === 'report 7')).toHaveLength(120);
  const turnedAway = answers.filter(({ status }) => status === 429);
  expect(turnedAway).toHaveLength(10);
  expect(Number(turnedAway[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(most).toBe(20);
});
