import { until } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { serveRecipe } from './serve-recipe.ts';
import { createApp } from './tenants.ts';

it('limits each tenant by itself, and serves writes first', async () => {
  const atWork: { name: string; finish: () => void }[] = [];
  let atOnce = false;
  const recipe = createApp((req, res) => {
    const finish = () => void res.end();
    atWork.push({ name: `${req.get('x-tenant')} ${req.method}`, finish });
    if (atOnce) finish();
  });
  const origin = await serveRecipe(recipe);
  const gate = () => recipe.spillway.status().gates.tenants;
  const call = (tenant: string, method = 'GET') =>
    fetch(`${origin}/api/orders`, { method, headers: { 'x-tenant': tenant } });

  const calls = Array.from({ length: 25 }, () => call('a'));
  await until(() => expect(gate()).toMatchObject({ running: 5, waiting: 20, queueRatio: 4 }));
  expect((await call('a')).status).toBe(429);
  calls.push(call('b'));
  await until(() => expect(gate()).toMatchObject({ running: 6, waiting: 20, keys: 2 }));

  // One of the twenty leaves the queue, and a write takes its place: at the end, and yet first.
  atWork[0]?.finish();
  await until(() => expect(gate()).toMatchObject({ running: 6, waiting: 19 }));
  calls.push(call('a', 'POST'));
  await until(() => expect(gate()?.waiting).toBe(20));
  atOnce = true;
  for (const { finish } of [...atWork]) finish();
  const answers = await Promise.all(calls);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(atWork.map(({ name }) => name).indexOf('a POST')).toBe(7);
});
