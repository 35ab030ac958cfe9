import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@spillway/config';
import { createSpillway } from '@spillway/express';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { codeOf, read, rowsOf, sectionOf } from './markdown.ts';

const page = read('packages/config/README.md');

it('tables the options of loadConfig', async () => {
  const documented = rowsOf(sectionOf(page, '## `loadConfig(file, options?)`'), 'option');
  const error: unknown = await loadConfig('a.yaml', { Zz: 1 } as never).catch((thrown) => thrown);
  const names = /the options are: (.*)$/.exec((error as Error).message)?.[1]?.split(', ');
  expect(documented.map(([name]) => codeOf(name))).toEqual(names);
});

it('tables the sections of a file', () => {
  const { properties } = JSON.parse(read('packages/config/schema.json')) as { properties: object };
  const documented = rowsOf(sectionOf(page, '## The file'), 'section').map(([name]) =>
    codeOf(name),
  );
  expect(['$schema', ...documented]).toEqual(Object.keys(properties));
});

it('tables what the logger is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'spillway.yaml');
  await writeFile(file, 'protect:\n  a: { timeoutMs: 1 }\n');
  const told = new Map<string, [level: string, details: string]>();
  const note = (level: string) => (message: string, details?: object) =>
    void told.set(message, [level, Object.keys(details ?? {}).join(', ')]);
  const logger = { info: note('info'), warn: note('warn'), error: note('error') };
  const clock = new FakeClock();
  const config = await loadConfig(file);
  const spillway = createSpillway({ config, logger, clock });
  onTestFinished(() => spillway.shutdown());
  clock.advance(10_000);
  await config.reload();
  await writeFile(file, 'wrong');
  await config.reload().catch(() => {});
  const documented = rowsOf(sectionOf(page, '## What the logger is told')).map(
    ([message, level, details = '']) => [
      codeOf(message),
      [codeOf(level), details.replaceAll('`', '')],
    ],
  );
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(told));
});
