import { answers, startBackend } from '@spillway/test/support/backend.ts';
import { expect, it } from 'vitest';
import { createApp } from './canary.ts';
import { serveRecipe } from './serve-recipe.ts';

it.each([
  ['takes the traffic over', 200, 'completed', { v1: 0, v2: 1 }],
  ['may answer 404', 404, 'completed', { v1: 0, v2: 1 }],
  ['is rolled back when it fails', 500, 'aborted', { v1: 1, v2: 0 }],
])('a version %s', async (_, status, state, shares) => {
  const v1 = await startBackend(answers(200, 'v1'));
  const v2 = await startBackend(answers(status, 'v2'));
  const lines: string[] = [];
  const tell = (line: string) => void lines.push(line);
  const logger = { info: tell, warn: tell, error: tell };
  const recipe = createApp(v1.url, v2.url, logger, 100);
  const origin = await serveRecipe(recipe);
  let isOver = false;
  const rollout = recipe.deploy();
  rollout.done.then(() => {
    isOver = true;
  });
  // A POST that v2 fails is not made again elsewhere.
  const caller = async () => {
    while (!isOver) await (await fetch(`${origin}/api/items`, { method: 'POST' })).text();
  };
  await Promise.all([caller(), caller(), caller(), caller()]);
  expect(await rollout.done).toBe(state);
  const { backends = [] } = recipe.spillway.status().pools.api ?? {};
  expect(Object.fromEntries(backends.map(({ id, weight }) => [id, weight]))).toEqual(shares);
  expect(lines[0]).toBe('v2 step: 1 %, step 1 of 4');
  expect(lines.at(-1)).toMatch(
    state === 'aborted' ? /^v2 abort: 0 %, its ratio of failures/ : /^v2 complete: 100 %/,
  );
});
