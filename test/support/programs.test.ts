import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findProgram } from './programs.ts';

const name = 'a-program-that-nobody-has';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-programs-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function put(place: string, mode: number): string {
  mkdirSync(join(folder, place), { recursive: true });
  const file = join(folder, place, name);
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

it('finds what was unpacked, with the libraries that came with it', () => {
  const file = put('usr/sbin', 0o755);
  const libraries = join(folder, 'usr/lib/x86_64-linux-gnu');
  mkdirSync(libraries, { recursive: true });
  expect(findProgram(name, folder)).toMatchObject({
    file,
    env: { LD_LIBRARY_PATH: libraries },
  });
});

it('finds what was unpacked without any library', () => {
  const file = put('usr/bin', 0o755);
  expect(findProgram(name, folder)).toEqual({ file, env: process.env });
});

it('prefers what is installed, and leaves its environment alone', () => {
  put('usr/bin', 0o755);
  const file = put('installed', 0o755);
  vi.stubEnv('PATH', `${join(folder, 'installed')}:${process.env.PATH}`);
  expect(findProgram(name, folder)).toEqual({ file, env: process.env });
});

it('finds nothing that cannot be started', () => {
  expect(findProgram(name, folder)).toBeUndefined();
  put('usr/bin', 0o644);
  expect(findProgram(name, folder)).toBeUndefined();
});
