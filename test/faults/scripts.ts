import type { RawConnection } from '../support/raw-backend.ts';
import { turns } from '../support/until.ts';
import type { Script } from './fault.ts';

export const head = (status: string, ...headers: string[]) =>
  `HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;

/** An answer whose body is `hello`, as it stands on the wire. */
export interface Answer {
  readonly head: string;
  readonly body: string;
  /** Of the body, how many bytes of it on the wire bring how many to the caller. */
  readonly bytesToCaller: (onWire: number) => number;
}

export const PLAIN: Answer = {
  head: head('200 OK', 'Content-Length: 5'),
  body: 'hello',
  bytesToCaller: (onWire) => onWire,
};

export const CHUNKED: Answer = {
  head: head('200 OK', 'Transfer-Encoding: chunked'),
  body: '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
  // The digits and the line ends around two and three bytes.
  bytesToCaller: (onWire) =>
    Math.max(0, Math.min(onWire - 3, 2)) + Math.max(0, Math.min(onWire - 10, 3)),
};

export const ok = PLAIN.head + PLAIN.body;

const REQUEST_LINE = /^(?:GET|POST) \S+ HTTP\/1\.1\r$/gm;

/** Once the connection has brought so many requests, the last one whole. */
export function asked(connection: RawConnection, times = 1): Promise<string> {
  return connection.until((text) => {
    const lines = [...text.matchAll(REQUEST_LINE)];
    return lines.length >= times && isWhole(text.slice(lines.at(-1)?.index));
  });
}

/** A GET ends with its head, a POST of these tests with `BODY`. */
function isWhole(request: string): boolean {
  if (request.startsWith('GET')) return request.includes('\r\n\r\n');
  const isChunked = /^transfer-encoding: chunked\r$/im.test(request);
  return request.endsWith(isChunked ? 'BODY\r\n0\r\n\r\n' : 'BODY');
}

/** Answers the request with these bytes, then ends the connection. */
export function says(...parts: string[]): Script {
  return async (connection) => {
    await asked(connection);
    connection.write(parts.join(''));
    connection.socket.end();
  };
}

/** Answers the request with these bytes and keeps the connection. */
export function keeps(bytes: string): Script {
  return async (connection) => {
    await asked(connection);
    connection.write(bytes);
  };
}

/** Answers with these bytes, and no more: is done when the caller has the head, and so many bytes of the body. */
export function stallsAfter(bytes: string, callerHas: number): Script {
  return async (connection, play) => {
    await asked(connection);
    connection.write(bytes);
    await play.callerHas(callerHas);
  };
}

/** The same, and then resets. */
export function resetsAfter(bytes: string, callerHas: number): Script {
  const stalls = stallsAfter(bytes, callerHas);
  return async (connection, play, index) => {
    await stalls(connection, play, index);
    connection.socket.resetAndDestroy();
  };
}

/** One way to do it. */
export const only = (script: Script): Record<string, Script> => ({ '': script });

export function oneByOne(bytes: string): Script {
  return async (connection) => {
    await asked(connection);
    connection.socket.setNoDelay(true);
    for (const byte of bytes) {
      connection.write(byte);
      await turns(1);
    }
  };
}

/** Writes these bytes over and over, at the pace of who reads them, until the connection is closed. */
export function endless(first: string, repeated: string): Script {
  return async (connection) => {
    await asked(connection);
    const { socket } = connection;
    connection.write(first);
    while (!socket.destroyed) {
      connection.write(repeated);
      await turns(1);
    }
  };
}
