import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { listenOnOwnPort } from '@spillway/test/support/own-port.ts';
import { until } from '@spillway/test/support/until.ts';
import { expect, it, onTestFinished } from 'vitest';
import { batchNextWrite, writeBatch } from './batched-writes.ts';

interface Exchange {
  readonly response: ServerResponse;
  /** What the caller has got. */
  text(): string;
}

/** Requests of as many connections, none of which is answered. */
async function asked(count: number): Promise<Exchange[]> {
  const server = createServer();
  const port = await listenOnOwnPort(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const caller = connect(port, '127.0.0.1');
      let text = '';
      caller.setEncoding('latin1').on('data', (chunk) => {
        text += chunk;
      });
      caller.on('error', () => {});
      caller.write(`GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const response = await new Promise<ServerResponse>((resolve) => {
        const take = (request: IncomingMessage, response: ServerResponse) => {
          if (request.url !== `/${index}`) return;
          server.off('request', take);
          resolve(response);
        };
        server.on('request', take);
      });
      return { response, text: () => text };
    }),
  );
}

const sent = ({ response }: Exchange) => response.socket?.bytesWritten ?? 0;
const isHeld = ({ response }: Exchange) => (response.socket?.writableLength ?? 0) > 0;
const endOfTurn = () => new Promise(setImmediate);

function answer({ response }: Exchange, body: string | Buffer): void {
  batchNextWrite(response);
  response.end(body);
}

it('what is written to several callers in one turn leaves at its end', async () => {
  const all = await asked(3);
  for (const one of all) answer(one, 'hello');
  expect(all.map(isHeld)).toEqual([true, true, true]);
  await endOfTurn();
  expect(all.map(isHeld)).toEqual([false, false, false]);
  await until(() => {
    for (const one of all) expect(one.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhello$/s);
  });
});

it('it is the next write alone', async () => {
  const [one] = (await asked(1)) as [Exchange];
  batchNextWrite(one.response);
  one.response.write('first,');
  await endOfTurn();
  await endOfTurn();
  expect(isHeld(one)).toBe(false);
  one.response.write('second');
  await new Promise(process.nextTick);
  expect(isHeld(one)).toBe(false);
});

it('what follows in the same turn comes after it', async () => {
  const [one] = (await asked(1)) as [Exchange];
  batchNextWrite(one.response);
  one.response.writeHead(200, { 'content-length': '6' }).flushHeaders();
  for (const letter of 'abcdef') one.response.write(letter);
  one.response.end();
  await until(() => expect(one.text()).toMatch(/\r\n\r\nabcdef$/));
});

it('what is large leaves at once', async () => {
  const [text, bytes] = (await asked(2)) as [Exchange, Exchange];
  answer(text, 'x'.repeat(17_000));
  answer(bytes, Buffer.alloc(17_000, 'x'));
  expect([sent(text), sent(bytes)].every((count) => count > 17_000)).toBe(true);
  expect([isHeld(text), isHeld(bytes)]).toEqual([false, false]);
});

it('what so many have in one turn leaves before its end', async () => {
  const all = await asked(40);
  for (const one of all) answer(one, 'hello');
  expect(all.map(isHeld)).toEqual(all.map((_, index) => index >= 32));
  await endOfTurn();
  expect(all.some(isHeld)).toBe(false);
  await until(() => expect(all.every((one) => one.text().endsWith('hello'))).toBe(true));
});

it('it leaves at once before a connection is cut off', async () => {
  const [one] = (await asked(1)) as [Exchange];
  batchNextWrite(one.response);
  one.response.writeHead(200, { 'content-length': '6' });
  one.response.flushHeaders();
  writeBatch();
  one.response.destroy();
  await until(() => expect(one.text()).toMatch(/^HTTP\/1\.1 200 OK/));
});

it('a connection that has closed by then takes nothing from the others', async () => {
  const all = (await asked(3)) as [Exchange, Exchange, Exchange];
  for (const one of all) answer(one, 'hello');
  all[1].response.socket?.destroy();
  await until(() => {
    expect(all.map((one) => one.text().endsWith('hello'))).toEqual([true, false, true]);
  });
  await until(() => expect(all[1].response.closed).toBe(true));
});

it('a way of writing of its own is left to a connection, and to what is none', async () => {
  const [one] = (await asked(1)) as [Exchange];
  const socket = one.response.socket as Socket;
  const own: Socket['_write'] = (chunk, encoding, callback) =>
    Socket.prototype._write.call(socket, chunk, encoding, callback);
  socket._write = own;
  batchNextWrite(one.response);
  expect(socket._write).toBe(own);

  const behind = new ServerResponse(new IncomingMessage(new Socket()));
  expect(() => batchNextWrite(behind)).not.toThrow();
  const written: string[] = [];
  const pipe = new Duplex({
    read() {},
    write(chunk, _encoding, callback) {
      written.push(String(chunk));
      callback();
    },
  });
  behind.assignSocket(pipe as Socket);
  batchNextWrite(behind);
  behind.end('hello');
  await once(behind, 'finish');
  expect(written.join('')).toMatch(/hello$/);
});
