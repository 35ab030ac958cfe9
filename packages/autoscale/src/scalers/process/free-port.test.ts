import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-port.ts';

it('finds a port that can be listened on', async () => {
  const port = await freePort(() => false);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  await new Promise((closed) => server.close(closed));
});

it('looks for another one when that is claimed already', async () => {
  const asked: number[] = [];
  const port = await freePort((port) => asked.push(port) < 3);
  expect(asked).toHaveLength(3);
  expect(port).toBe(asked.at(-1));
});
