import { startBackend } from '@spillway/test/support/backend.ts';
import { register } from 'prom-client';
import { expect, it } from 'vitest';
import { createApp } from './own-registry.ts';
import { serveRecipe } from './serve-recipe.ts';

it('shows Spillway’s metrics beside the application’s own', async () => {
  const backend = await startBackend();
  const origin = await serveRecipe(createApp(backend.url));
  await fetch(`${origin}/orders`);
  const scraped = await (await fetch(`${origin}/metrics`)).text();
  expect(scraped).toContain('orders_total 1');
  expect(scraped).toContain(
    'spillway_attempts_total{pool="api",backend="only",outcome="success"} 1',
  );
  // Processor time goes on between the two.
  const lasting = (text: string) => text.replace(/^spillway_processor.*$/gm, '');
  expect(lasting(await register.metrics())).toBe(lasting(scraped));
});
