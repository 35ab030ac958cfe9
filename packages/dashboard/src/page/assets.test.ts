import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { Assets } from './assets.ts';
import { withSlash } from './serve.ts';

const PAGE = '<!doctype html><script src="assets/app-1a2b.js"></script>';
const SCRIPT = 'console.log("hello");'.repeat(100);

async function emptyDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-page-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return { directory, assets: new Assets(pathToFileURL(`${directory}/`)) };
}

async function build(directory: string): Promise<void> {
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), PAGE);
  await writeFile(join(directory, 'assets/app-1a2b.js'), SCRIPT);
  await writeFile(join(directory, 'assets/app-1a2b.js.map'), '{}');
  await writeFile(join(directory, 'secret.js'), 'not of the page');
}

it('gives the page and its files, in the codings that browsers take', async () => {
  const { directory, assets } = await emptyDirectory();
  await build(directory);
  expect(String((await assets.page()).identity)).toBe(PAGE);
  const script = await assets.asset('app-1a2b.js');
  expect(script.type).toBe('text/javascript; charset=utf-8');
  expect(String(brotliDecompressSync(script.br ?? ''))).toBe(SCRIPT);
  expect(String(gunzipSync(script.gzip ?? ''))).toBe(SCRIPT);
});

it.each([
  '../secret.js',
  '../index.html',
  '/etc/passwd',
  'app-1a2b.js.map',
  'none.js',
  '__proto__',
  '',
])('has no %s', async (name) => {
  const { directory, assets } = await emptyDirectory();
  await build(directory);
  await expect(assets.asset(name)).rejects.toMatchObject({ problem: { status: 404 } });
});

it('says that the page is not built, until it is', async () => {
  const { directory, assets } = await emptyDirectory();
  const notBuilt = { problem: { status: 503, code: 'page_not_built' } };
  await expect(assets.page()).rejects.toMatchObject(notBuilt);
  await expect(assets.asset('app-1a2b.js')).rejects.toMatchObject(notBuilt);
  await build(directory);
  expect(String((await assets.page()).identity)).toBe(PAGE);
});

it.each([
  ['/spillway', './spillway/'],
  ['/a/b?c=d?e', './b/?c=d?e'],
  ['//evil.example', './evil.example/'],
  ['/javascript:alert(1)', './javascript:alert(1)/'],
  ['/spillway/', undefined],
  ['/', undefined],
])('sends who asks for %s to %s', (from, to) => {
  expect(withSlash(from)).toBe(to);
});
