import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const PAGE = join(import.meta.dirname, '../../packages/dashboard/dist/public');
const files = readdirSync(PAGE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }));

it('is under 100 KiB, compressed, with all that it needs', () => {
  const compressed = files.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0);
  expect(files.length).toBeGreaterThanOrEqual(4);
  expect(compressed).toBeLessThan(100 * 1_024);
});

it('names its files by what is in them, but for the page itself', () => {
  for (const { name } of files) expect(name).toMatch(/^(index\.html|[\w-]+-[\w-]{8}\.\w+)$/);
});

it('has nothing in it that the Content-Security-Policy would keep from running', () => {
  const page = files.find(({ name }) => name === 'index.html')?.bytes.toString() ?? '';
  expect(page).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  const urls = Array.from(page.matchAll(/(?:src|href)="([^"]*)"/g), ([, url]) => url);
  expect(urls.length).toBeGreaterThanOrEqual(3);
  for (const url of urls) expect(url).toMatch(/^\.\/assets\//);
});
