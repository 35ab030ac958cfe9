import { expect, it } from 'vitest';
import { createApp } from './handlers.ts';
import { serveRecipe } from './serve-recipe.ts';

it('splits a route between two handlers, and keeps each user with one of them', async () => {
  const recipe = createApp(
    (req, res) => void res.json({ by: 'now', path: req.path }),
    (req, res) => void res.json({ by: 'new', path: req.path }),
  );
  const origin = await serveRecipe(recipe);
  const ask = async (headers = {}) => {
    const answer = await fetch(`${origin}/search/books`, { headers });
    return (await answer.json()) as { by: string; path: string };
  };
  let byNew = 0;
  for (let count = 0; count < 200; count++) if ((await ask()).by === 'new') byNew++;
  expect(Math.abs(byNew - 2)).toBeLessThanOrEqual(1);

  recipe.search.setTraffic({ now: 0.5, new: 0.5 });
  const users = Array.from({ length: 20 }, (_, index) => ({ 'x-user-id': `user-${index}` }));
  const first = await Promise.all(users.map(ask));
  expect(await Promise.all(users.map(ask))).toEqual(first);
  expect(new Set(first.map(({ by }) => by)).size).toBe(2);
  expect(first[0]?.path).toBe('/books');
});
