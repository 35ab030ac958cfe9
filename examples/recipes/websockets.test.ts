import { answers, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { ask, closed, open, switchesProtocols } from '@spillway/test/support/websockets.ts';
import { expect, it, onTestFinished } from 'vitest';
import { originOf } from './serve-recipe.ts';
import { start } from './websockets.ts';

it('sends sockets to a backend that takes them, and waits for them when it is removed', async () => {
  const a = await startBackend(refuses());
  const b = await startBackend(answers(200, 'plain'));
  switchesProtocols(b);
  const { server, spillway, chat } = start(a.url, b.url, 0);
  onTestFinished(() => spillway.shutdown({ server, timeoutMs: 0 }));
  const origin = await originOf(server);
  expect(await (await fetch(origin)).text()).toBe('plain');

  const socket = await open(origin, '/rooms/1');
  expect(chat.status().backends.map(({ running }) => running)).toEqual([0, 1]);
  const removed = chat.remove('b', { drain: true });
  expect(String(await ask(socket, 'still here'))).toBe('still here');
  socket.close();
  await closed(socket);
  await removed;
  expect(chat.status().backends.map(({ id }) => id)).toEqual(['a']);
});
