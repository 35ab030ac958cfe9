import { expect, it } from 'vitest';
import { atEndOfTurn, inOneTurn } from './end-of-turn.ts';

const told: string[] = [];
const entry = (name: string, more?: () => void) => ({
  turnEnded() {
    told.push(name);
    more?.();
  },
});

it('is the next microtask where nobody says when all was parsed', async () => {
  told.length = 0;
  atEndOfTurn(entry('first'));
  atEndOfTurn(entry('second', () => atEndOfTurn(entry('of the next'))));
  queueMicrotask(() => told.push('a microtask'));
  expect(told).toEqual([]);
  await new Promise(setImmediate);
  expect(told).toEqual(['first', 'second', 'a microtask', 'of the next']);
});

it('is when it has been read, for those who begin while it is', () => {
  for (const names of [[], ['one'], ['one', 'two', 'three']]) {
    told.length = 0;
    const read = (those: string[]) => {
      for (const name of those) atEndOfTurn(entry(name));
      told.push('read');
    };
    expect(inOneTurn(read, names)).toBe(true);
    expect(told).toEqual(['read', ...names]);
  }
});

it('is each time its own: what begins at the end of one has another', async () => {
  told.length = 0;
  inOneTurn(() => {
    atEndOfTurn(entry('one', () => inOneTurn(() => atEndOfTurn(entry('within')), undefined)));
    atEndOfTurn(entry('two', () => atEndOfTurn(entry('later'))));
  }, undefined);
  expect(told).toEqual(['one', 'within', 'two']);
  await Promise.resolve();
  expect(told).toEqual(['one', 'within', 'two', 'later']);
});

it('leaves those alone who have begun before', async () => {
  told.length = 0;
  atEndOfTurn(entry('before'));
  inOneTurn(() => atEndOfTurn(entry('within')), undefined);
  expect(told).toEqual(['within']);
  await Promise.resolve();
  expect(told).toEqual(['within', 'before']);
});

it('does not begin within another', () => {
  told.length = 0;
  const within: boolean[] = [];
  inOneTurn(() => {
    atEndOfTurn(entry('one'));
    within.push(inOneTurn(() => told.push('never'), undefined));
  }, undefined);
  expect(within).toEqual([false]);
  expect(told).toEqual(['one']);
});

it('ends although what was read has thrown', () => {
  told.length = 0;
  const read = () => {
    atEndOfTurn(entry('one'));
    throw new Error('malformed');
  };
  expect(() => inOneTurn(read, undefined)).toThrow('malformed');
  expect(told).toEqual(['one']);
  expect(inOneTurn(() => {}, undefined)).toBe(true);
});
