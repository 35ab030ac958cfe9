import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { ScalerStatus } from '@spillway/dashboard';
import { expressHost } from '@spillway/test/support/express-host.ts';
import { until } from '@spillway/test/support/until.ts';
import express from 'express';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startControlRoom } from './control-room.ts';

const STREAMS = 1_000;
const TICKS = 10;

it('writes what it sends once for a thousand streams, which cost little more than their sockets', async () => {
  // Asked for its status once for each time that the state is written.
  const status = vi.fn(() => ({}) as ScalerStatus);
  const scaler = { status, on() {}, off() {} };
  const room = await startControlRoom(expressHost(express), {
    dashboard: { scalers: { any: scaler }, maxStreams: STREAMS },
  });
  const { port } = new URL(room.origin);
  let frames = 0;
  const before = process.memoryUsage();
  await Promise.all(
    Array.from({ length: STREAMS }, async () => {
      const socket = connect(Number(port), '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      socket.write('GET /spillway/stream HTTP/1.1\r\nHost: a\r\nX-User: viewer\r\n\r\n');
      socket.on('data', (chunk) => {
        frames += chunk.toString('latin1').split('event: status').length - 1;
      });
    }),
  );
  await until(() => expect(frames).toBe(STREAMS));
  const opened = status.mock.calls.length;
  // All have come at one time of the clock.
  expect(opened).toBe(1);
  const used = process.cpuUsage();
  for (let tick = 1; tick <= TICKS; tick++) {
    room.clock.advance(1_000);
    await until(() => expect(frames).toBe(STREAMS * (tick + 1)));
  }
  await turn();
  expect(status.mock.calls.length - opened).toBe(TICKS);
  const { user, system } = process.cpuUsage(used);
  const after = process.memoryUsage();
  const kib =
    (after.heapUsed + after.external - before.heapUsed - before.external) / 1_024 / STREAMS;
  const µs = (user + system) / TICKS / STREAMS;
  console.log(
    `a stream: ${kib.toFixed(1)} KiB and ${µs.toFixed(1)} µs a second, both ends together`,
  );
  // Both ends of a connection are in this process, and not collected yet.
  expect(kib).toBeLessThan(100);
  expect([...room.sockets].reduce((sum, { writableLength }) => sum + writableLength, 0)).toBe(0);
}, 60_000);
