import type { HttpPool } from '@spillway/node-http';
import { expect, it } from 'vitest';
import { SharesTold } from './shares-told.ts';

it('tells what has changed of a level of many backends, wherever it stands among them', () => {
  const backends = Array.from({ length: 8 }, (_, index) => ({
    id: `b${index}`,
    priority: 1,
    weight: 0.125,
    draining: false,
  }));
  const told = new SharesTold({ backends } as unknown as HttpPool);
  Object.assign(backends[6] ?? {}, { weight: 0.25 });
  Object.assign(backends[7] ?? {}, { weight: 0 });
  expect(told.news()).toBe('level 1: b6 25 %, b7 0 %, b0 12.5 %, b1 12.5 %, b2 12.5 % and 3 more');
  expect(told.news()).toBe('its shares are set, and are as before');
});
