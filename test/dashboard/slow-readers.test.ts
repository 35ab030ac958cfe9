import { expressHost } from '@spillway/test/support/express-host.ts';
import { until, within } from '@spillway/test/support/until.ts';
import express from 'express';
import { expect, it } from 'vitest';
import { startControlRoom, type TestControlRoom } from './control-room.ts';
import { listen } from './streams.ts';

/** A reader that has stopped reading, of a state so large that sockets take little of it. */
async function startStuck() {
  const backends = Array.from({ length: 2_000 }, (_, index) => ({ id: `backend-${index}` }));
  const room = await startControlRoom(expressHost(express), { backends });
  const reader = await listen(room);
  await reader.have(['status']);
  reader.response.pause();
  await until(() => {
    room.clock.advance(1_000);
    expect(bufferedBy(room)).toBeGreaterThan(0);
  });
  return { room, reader };
}

/** Bytes that the service keeps for its callers. */
function bufferedBy({ sockets }: TestControlRoom): number {
  return [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);
}

it('keeps nothing for a reader that does not read, and tells it what it missed once it does', async () => {
  const { room, reader } = await startStuck();
  const buffered = bufferedBy(room);
  for (let change = 1; change <= 10; change++) {
    room.pool.setShadow('backend-1', change / 10);
    room.clock.advance(1_000);
  }
  expect(bufferedBy(room)).toBe(buffered);
  reader.response.resume();
  await until(() => {
    const log = reader.events.filter(({ event }) => event === 'log');
    expect(log.map(({ id }) => Number(id))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
  expect(reader.events.filter(({ event }) => event === 'point').length).toBeGreaterThanOrEqual(2);
});

it('closes the connection of a reader that has not read for half a minute', async () => {
  const { room } = await startStuck();
  room.clock.advance(29_000);
  expect(room.sockets.size).toBe(1);
  room.clock.advance(2_000);
  await within(
    5_000,
    until(() => expect(room.sockets.size).toBe(0)),
  );
});
