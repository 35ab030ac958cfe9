import { expect, it } from 'vitest';
import type { LogEntry } from '../../src/contract.ts';
import { filtered } from './kinds.ts';

const entries: LogEntry[] = [
  { id: 1, at: 1, kind: 'trip', pool: 'chat', backend: 'ptu1', text: 'ptu1 tripped' },
  { id: 2, at: 2, kind: 'change', pool: 'chat', by: 'Ada', text: 'half of it to the canary' },
  { id: 3, at: 3, kind: 'trip', pool: 'chat', backend: 'ptu2', text: 'ptu2 tripped' },
];
const ids = (kind: LogEntry['kind'] | 'all', text: string, most = 10) =>
  filtered(entries, { kind, text }, most).map(({ id }) => id);

it('filters the log by kind, and by whatever an entry names', () => {
  expect(ids('all', '')).toEqual([3, 2, 1]);
  expect(ids('trip', '')).toEqual([3, 1]);
  expect(ids('all', ' ADA ')).toEqual([2]);
  expect(ids('trip', 'ptu1')).toEqual([1]);
});

it('keeps the latest where there are too many', () => {
  expect(ids('all', '', 2)).toEqual([3, 2]);
});
