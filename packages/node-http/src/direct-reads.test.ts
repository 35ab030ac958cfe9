import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import { turns, until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished } from 'vitest';
import { directReads, readAsStream, readDirectly } from './direct-reads.ts';

async function connected(): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', onread: directReads });
  readDirectly(socket);
  const [peer] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    socket.destroy();
    peer.destroy();
    server.close();
  });
  return { socket, peer };
}

/** Bytes that tell where they belong. */
function bytesFrom(start: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (start + index) % 251));
}

function takesAll(socket: Socket): Buffer[] {
  const taken: Buffer[] = [];
  socket.on('readable', () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) taken.push(chunk);
  });
  return taken;
}

/** As Node does when a socket has brought something. */
function bring(socket: Socket, text: string): boolean {
  const { buffer, callback } = directReads;
  return callback.call(socket, buffer.write(text));
}

/** As Node does when the other side has ended. */
function bringEnd(socket: Socket): void {
  socket.push(null);
  socket.read(0);
}

it.each([1, 2, 3, 4, 5])(
  'gives every byte once and in order to who pauses, puts back and keeps what it was given (%i)',
  async (seed) => {
    const random = seededRandom(seed);
    const all = await Promise.all(Array.from({ length: 4 }, () => connected()));
    const whole = bytesFrom(seed, 400_000);
    const readers = all.map(({ socket, peer }) => {
      const taken: Buffer[] = [];
      let isPaused = false;
      const readOn = () => {
        while (!isPaused) {
          const chunk: Buffer | null = socket.read();
          if (chunk === null) return;
          const kept = random() < 0.3 ? Math.floor(random() * chunk.length) : chunk.length;
          taken.push(chunk.subarray(0, kept));
          if (kept === chunk.length) continue;
          isPaused = true;
          socket.unshift(chunk.subarray(kept));
          setTimeout(() => {
            isPaused = false;
            readOn();
          }, random() * 4);
        }
      };
      socket.on('readable', readOn);
      const send = async () => {
        for (let sent = 0; sent < whole.length; ) {
          const length = Math.ceil(random() ** 3 * 90_000);
          peer.write(whole.subarray(sent, sent + length));
          sent += length;
          if (random() < 0.5) await turns(1);
        }
        peer.end();
      };
      return { taken, ended: Promise.all([send(), once(socket, 'end')]) };
    });
    for (const { taken, ended } of readers) {
      await ended;
      expect(Buffer.concat(taken).equals(whole)).toBe(true);
    }
  },
);

it('reads no more than it can hold while nobody takes it', async () => {
  const { socket, peer } = await connected();
  const total = 30 << 20;
  peer.write(Buffer.alloc(total));
  await until(() => expect(socket.bytesRead).toBeGreaterThan(0));
  const before = socket.bytesRead;
  await turns(50);
  expect(socket.bytesRead).toBe(before);
  expect(before).toBeLessThanOrEqual(65_536);
  const taken = takesAll(socket);
  socket.emit('readable');
  await until(() => expect(taken.reduce((sum, { length }) => sum + length, 0)).toBe(total));
});

it('holds no more with every part that a slow reader takes', async () => {
  const { socket, peer } = await connected();
  peer.write(Buffer.alloc(30 << 20));
  await until(() => expect(socket.bytesRead).toBeGreaterThan(0));
  let taken = 0;
  for (let part = 0; part < 200; part++) {
    const chunk: Buffer | null = socket.read();
    if (chunk !== null) {
      const kept = Math.min(10_000, chunk.length);
      taken += kept;
      if (kept < chunk.length) socket.unshift(chunk.subarray(kept));
    }
    await turns(3);
  }
  expect(taken).toBeGreaterThan(1_000_000);
  expect(socket.bytesRead - taken).toBeLessThanOrEqual(2 * 65_536);
});

it('ends when the last byte was taken, and not before', async () => {
  const { socket, peer } = await connected();
  let hasEnded = false;
  socket.on('end', () => {
    hasEnded = true;
  });
  peer.end('the last');
  await until(() => expect(socket.bytesRead).toBe(8));
  await turns(10);
  expect(hasEnded).toBe(false);
  const taken = takesAll(socket);
  socket.emit('readable');
  await until(() => expect(hasEnded).toBe(true));
  expect(String(Buffer.concat(taken))).toBe('the last');
});

it('keeps what comes after it was told to stop, as it does over TLS', async () => {
  const { socket } = await connected();
  expect([bring(socket, 'one '), bring(socket, 'two ')]).toEqual([false, false]);
  expect(String(socket.read())).toBe('one two ');
  expect(socket.read()).toBe(null);
});

it('ends when all was taken though the end came after it was told to stop, as it does over TLS', async () => {
  const { socket } = await connected();
  let hasEnded = false;
  socket.on('end', () => {
    hasEnded = true;
  });
  bring(socket, 'the last');
  bringEnd(socket);
  await turns(10);
  expect(hasEnded).toBe(false);
  expect(String(socket.read())).toBe('the last');
  await turns(10);
  expect(hasEnded).toBe(false);
  expect(socket.read()).toBe(null);
  await until(() => expect(hasEnded).toBe(true));
});

it('tells whom it has become a stream for of an end that nobody had asked for', async () => {
  const { socket } = await connected();
  bringEnd(socket);
  socket.unshift(Buffer.from('put back'));
  readAsStream(socket);
  const received: string[] = [];
  for await (const chunk of socket) received.push(String(chunk));
  expect(received).toEqual(['put back']);
});

it("tells nobody within another socket's telling", async () => {
  const [one, other] = [await connected(), await connected()];
  const order: string[] = [];
  const taken = takesAll(other.socket);
  other.socket.on('readable', () => order.push('other'));
  one.socket.on('readable', () => {
    if (one.socket.read() === null) return;
    order.push('one begins');
    bring(other.socket, 'within');
    order.push('one ends');
  });
  one.peer.write('x');
  await until(() => expect(order).toEqual(['one begins', 'one ends', 'other']));
  expect(String(Buffer.concat(taken))).toBe('within');
});

it('is a stream again for who goes on with it, with back-pressure', async () => {
  const { socket, peer } = await connected();
  takesAll(socket);
  peer.write('head');
  await until(() => expect(socket.bytesRead).toBe(4));
  socket.removeAllListeners('readable');
  readAsStream(socket);
  const total = 30 << 20;
  peer.write(Buffer.alloc(total));
  await until(() => expect(socket.bytesRead).toBeGreaterThan(4));
  await turns(50);
  expect(socket.bytesRead).toBeLessThan(1 << 20);
  let received = 0;
  for await (const chunk of socket) {
    received += (chunk as Buffer).length;
    if (received === total) break;
  }
  expect(received).toBe(total);
});
