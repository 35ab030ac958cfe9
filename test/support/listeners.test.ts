import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { listenersOf } from './listeners.ts';

it('counts the listeners of each event, by its name or its symbol', () => {
  const emitter = new EventEmitter();
  for (const name of ['close', Symbol('kept'), 'close', 'abort']) emitter.on(name, () => {});
  expect(Object.entries(listenersOf(emitter))).toEqual([
    ['Symbol(kept)', 1],
    ['abort', 1],
    ['close', 2],
  ]);
});
