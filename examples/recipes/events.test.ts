import { answers, startBackend } from '@spillway/test/support/backend.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { createApp } from './events.ts';
import { serveRecipe } from './serve-recipe.ts';

it('tells of spillovers, trips and recoveries', async () => {
  const ptu = await startBackend(answers(429, '', { 'retry-after-ms': '50' }));
  const payg = await startBackend();
  const lines: string[] = [];
  const tell = (message: string) => void lines.push(message);
  const recipe = createApp(ptu.url, payg.url, { info: tell, warn: tell, error: tell });
  const origin = await serveRecipe(recipe);
  const ask = async () => (await fetch(`${origin}/openai`)).text();
  await ask();
  await ask();
  expect(lines.splice(0)).toEqual(['level 2 served for level 1', 'level 2 served for level 1']);
  await ask();
  expect(lines.splice(0)).toEqual([
    'backend tripped',
    'ptu1 is out for 50 ms, after 429',
    'level 2 served for level 1',
  ]);

  ptu.answer = answers(200);
  await until(() =>
    expect(recipe.spillway.status().pools.chat?.backends[0]?.breaker?.state).toBe('half-open'),
  );
  await ask();
  expect(lines).toEqual(['backend recovered', 'ptu1 is back']);
});
