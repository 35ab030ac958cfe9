import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from './configuration.ts';
import { serveRecipe } from './serve-recipe.ts';

it('has its pool and its limit from the file, and follows it', async () => {
  const ptu = await startBackend(refuses());
  const payg = await startBackend(answers(200, 'from payg'));
  vi.stubEnv('PTU_URL', ptu.url);
  vi.stubEnv('PAYG_URL', payg.url);
  vi.stubEnv('PTU_KEY', 'ptu-key');
  vi.stubEnv('PAYG_KEY', 'payg-key');
  const folder = mkdtempSync(join(tmpdir(), 'spillway-recipe-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
  });
  const file = join(folder, 'spillway.yaml');
  cpSync(join(import.meta.dirname, 'spillway.yaml'), file);
  const told: string[] = [];
  const note = (message: string) => void told.push(message);
  const recipe = await createApp(file, { info: note, warn: note, error: note }, (req, res) => {
    res.send(`report ${req.params.id}`);
  });
  const origin = await serveRecipe(recipe);
  const chat = await fetch(`${origin}/openai/v1/models`);
  expect(await chat.text()).toBe('from payg');
  expect([ptu, payg].map(({ received }) => received[0]?.headers['api-key'])).toEqual([
    'ptu-key',
    'payg-key',
  ]);
  expect(await (await fetch(`${origin}/reports/7`)).text()).toBe('report 7');
  expect(recipe.spillway.status().gates.reports).toMatchObject({ maxCount: 20, keys: 0 });

  writeFileSync(file, readFileSync(file, 'utf8').replace('maxCount: 20', 'maxCount: 30'));
  expect(await recipe.config.reload()).toEqual({ changed: ['limitConcurrency(reports)'] });
  expect(recipe.spillway.status().gates.reports?.maxCount).toBe(30);
  writeFileSync(file, readFileSync(file, 'utf8').replace('maxCount: 30', 'maxCount: many'));
  await expect(recipe.config.reload()).rejects.toThrow(
    `${file}:18:15: limitConcurrency(reports).maxCount must be a positive integer, got "many"`,
  );
  expect(recipe.spillway.status().gates.reports?.maxCount).toBe(30);
  expect(told).toEqual(['configuration applied', 'configuration refused']);
});
