import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';

/** A request without a body. */
export function get(path: string, ...headers: string[]): string {
  return `${[`GET ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
}

/** How many connections are made at once: a listening socket holds so many that nobody has accepted. */
const AT_ONCE = 500;

/** So many connections that each have sent these bytes; gone when the test has ended. */
export async function crowd(origin: string, count: number, bytes = ''): Promise<Socket[]> {
  const { hostname, port } = new URL(origin);
  const sockets: Socket[] = [];
  onTestFinished(() => disperse(sockets));
  while (sockets.length < count) {
    const more = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      return socket;
    });
    sockets.push(...more);
    await Promise.all(more.map((socket) => once(socket, 'connect')));
    for (const socket of more) if (bytes !== '') socket.write(bytes, 'latin1');
  }
  return sockets;
}

/** By resets: thousands of connections that are closed in turn would keep their ports for a minute. */
export function disperse(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.resetAndDestroy();
}

/**
 * Resolves with how many of the last answers, once all connections are closed, have each status. A
 * reset may come before the answer is read, and it is lost then: `'none'`.
 */
export async function answersOf(sockets: readonly Socket[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  await Promise.all(
    sockets.map(async (socket) => {
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
      const status = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].at(-1)?.[1] ?? 'none';
      counts[status] = (counts[status] ?? 0) + 1;
    }),
  );
  return counts;
}

/** That all were told they took too long, but for answers that were lost to those who sent on. */
export function expectTimedOut(counts: Record<string, number>): void {
  const { none: _lost, ...answers } = counts;
  expect(Object.keys(answers)).toEqual(['408']);
}
