import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import { makeCertificate } from '@spillway/test/support/certificate.ts';
import { listenOnOwnPort } from '@spillway/test/support/own-port.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MAX_TEXT_BYTES, writeTogether } from './single-write.ts';

async function connected(secure: boolean): Promise<{ socket: Socket; received: Promise<Buffer> }> {
  const certificate = secure ? makeCertificate() : undefined;
  const server: Server = certificate ? createSecureServer(certificate) : createServer();
  const received = new Promise<Buffer>((resolve) => {
    server.once(secure ? 'secureConnection' : 'connection', async (peer: Socket) => {
      resolve(Buffer.concat(await peer.toArray()));
    });
  });
  const port = await listenOnOwnPort(server);
  const to = { port, host: '127.0.0.1' };
  const socket = certificate ? connectSecurely({ ...to, ca: certificate.cert }) : connect(to);
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, secure ? 'secureConnect' : 'connect');
  writeTogether(socket);
  return { socket, received };
}

const HEAD = 'POST / HTTP/1.1\r\nx-name: J\u00fcrgen\r\n\r\n';

function writeCorked(socket: Socket, head: string, ...bodies: (Buffer | string)[]): void {
  socket.cork();
  socket.write(head, 'latin1');
  for (const body of bodies) socket.write(body);
  socket.uncork();
}

describe.each([
  ['TCP', false],
  ['TLS', true],
])('over %s', (_name, secure) => {
  it.each([
    ['a small body', 600],
    ['one of the largest size', MAX_TEXT_BYTES],
  ])('%s and its head are one piece', async (_, size) => {
    const { socket, received } = await connected(secure);
    const pieces = vi.spyOn(socket, '_write');
    const body = Buffer.alloc(size, Buffer.from([0, 127, 128, 255, 13, 10]));
    writeCorked(socket, HEAD, body);
    expect(pieces).toHaveBeenCalledOnce();
    socket.end();
    expect(await received).toEqual(Buffer.concat([Buffer.from(HEAD, 'latin1'), body]));
  });

  it.each([
    ['a larger body', [Buffer.alloc(MAX_TEXT_BYTES + 1, 'x')]],
    ['a body of two parts', [Buffer.from('one'), Buffer.from('two')]],
    ['text in another encoding', ['J\u00fcrgen \u{1f3c6}']],
  ])('%s is not', async (_, bodies) => {
    const { socket, received } = await connected(secure);
    const pieces = vi.spyOn(socket, '_write');
    writeCorked(socket, HEAD, ...bodies);
    expect(pieces).not.toHaveBeenCalled();
    socket.end();
    const sent = bodies.map((body) => Buffer.from(body));
    expect(await received).toEqual(Buffer.concat([Buffer.from(HEAD, 'latin1'), ...sent]));
  });

  it('whatever is written in whatever order arrives as it was written', async () => {
    const random = seededRandom(20_261_121);
    const { socket, received } = await connected(secure);
    const sent: Buffer[] = [];
    const any = (count: number) => Math.floor(random() * count);
    for (let round = 0; round < 400; round++) {
      const isCorked = random() < 0.7;
      if (isCorked) socket.cork();
      for (let count = any(4); count > 0; count--) {
        const bytes = Buffer.from(Array.from({ length: any(3_000) }, () => any(256)));
        const text = bytes.toString('latin1');
        const encoding = (['buffer', 'latin1', 'utf8'] as const)[any(3)];
        if (encoding === 'buffer') socket.write(bytes);
        else socket.write(text, encoding);
        sent.push(encoding === 'buffer' ? bytes : Buffer.from(text, encoding));
      }
      if (isCorked) socket.uncork();
      if (random() < 0.2) await new Promise(setImmediate);
    }
    socket.end();
    expect((await received).equals(Buffer.concat(sent))).toBe(true);
  });

  it('its writer is told when it was written, and of its failure', async () => {
    const { socket } = await connected(secure);
    const errors: unknown[] = [];
    socket.on('error', () => {});
    const written = (error?: Error | null) => void errors.push(error ?? undefined);
    socket.cork();
    socket.write(HEAD, 'latin1', written);
    socket.write(Buffer.from('body'), written);
    socket.uncork();
    await vi.waitFor(() => expect(errors).toEqual([undefined, undefined]));
    socket.cork();
    socket.write(HEAD, 'latin1', written);
    socket.write(Buffer.from('body'), written);
    socket.destroy(new Error('gone'));
    await vi.waitFor(() => expect(errors).toHaveLength(4));
    expect(errors.slice(2)).toEqual([expect.any(Error), expect.any(Error)]);
  });
});
