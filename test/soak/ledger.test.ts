import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Ledger, readLedger } from './ledger.ts';

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'notes');
}

function recordsIn(path: string): number[][] {
  const records: number[][] = [];
  readLedger(path, (...record) => records.push(record));
  return records;
}

it('has on disk at once what is noted one by one', () => {
  const path = newPath();
  const ledger = new Ledger(path, 1);
  ledger.note(1, 2, 200);
  ledger.note(2 ** 32 - 1, 65_535, 503);
  expect(recordsIn(path)).toEqual([
    [1, 2, 200],
    [2 ** 32 - 1, 65_535, 503],
  ]);
  ledger.close();
});

it('gathers notes, and writes the rest when it is closed', () => {
  const path = newPath();
  const ledger = new Ledger(path, 2);
  for (const id of [1, 2, 3]) ledger.note(id, 0, 0);
  expect(recordsIn(path)).toHaveLength(2);
  ledger.close();
  expect(recordsIn(path)).toHaveLength(3);
});

it('goes on where another process has ended', () => {
  const path = newPath();
  for (const id of [1, 2]) {
    const ledger = new Ledger(path, 1);
    ledger.note(id, 0, 0);
    ledger.close();
  }
  expect(recordsIn(path).map(([id]) => id)).toEqual([1, 2]);
});
