import { fileURLToPath } from 'node:url';
import { startProgram } from '@spillway/test/support/demo.ts';
import { within } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';

const file = fileURLToPath(new URL('ends-by-itself.fixture.ts', import.meta.url));

const busyAndInTrouble = {
  answered: {
    '/steady': 200,
    '/metrics': 200,
    '/troubled/resets': 502,
    '/troubled/breaks-off': 'cut off',
    '/troubled/refuses': 429,
    'pool.fetch': 502,
    'a fetch': 503,
    'a page that watches': 200,
  },
  cutOff: [
    ['/limited', 503],
    ['/limited', 503],
    ['/protected', 503],
    ['/full/hangs', 503],
    ['/full/hangs', 503],
    ['/steady/stalls', 'cut off'],
    ['/troubled/hangs', 503],
    ['/readyz', 'no answer'],
  ],
};

it.each([
  'Express 5',
  'Express 4',
  'Koa 3',
  'Koa 2',
  'Express 5, http-proxy-middleware',
  'Koa 3, http-proxy-middleware',
])('after shutdown() a process ends by itself, with nothing of Spillway left: %s', async (name) => {
  const { code, output, errors } = await within(18_000, startProgram(file, name.split(', ')).ended);
  expect(errors).toBe('');
  expect(code).toBe(0);
  const { answered, cutOff, resources, listeners, troubles } = JSON.parse(output);
  expect({ answered, cutOff }).toEqual(busyAndInTrouble);
  expect(resources).toEqual([]);
  expect(listeners.after).toEqual(listeners.before);
  expect(troubles).toEqual([]);
});
