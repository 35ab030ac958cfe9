import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const CHUNK = Buffer.alloc(65_536);
/** Of its longest answer. */
export const LONG_BYTES = 67_108_864;

/** A backend that does as the path says, and keeps nothing. */
export interface Backend {
  readonly url: string;
  /** Bytes that it has been sent and has read. */
  readonly read: number;
  /** Bytes of answers that it could hand over. */
  readonly written: number;
  close(): Promise<void>;
}

export async function startBackend(): Promise<Backend> {
  let read = 0;
  let written = 0;
  const paths: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    '/reads': (request, response) => {
      request.on('data', ({ length }: Buffer) => {
        read += length;
      });
      request.on('end', () => response.end('read'));
    },
    '/refuses': (_request, response) => void response.writeHead(413).end('too large'),
    '/throttles': (_request, response) => void response.writeHead(429).end('too many'),
    '/never': () => {},
    '/long': (_request, response) => {
      let left = LONG_BYTES;
      const more = () => {
        while (left > 0 && !response.destroyed) {
          left -= CHUNK.length;
          written += CHUNK.length;
          if (!response.write(CHUNK)) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    },
  };
  // Long enough for a connection to serve again, short enough for those of a crowd to be seen to go.
  const server = createServer({ keepAliveTimeout: 4_000 }, (request, response) => {
    const path = request.url?.replace(/[^/a-z].*/, '') ?? '';
    const answer = paths[path] ?? paths['/reads'];
    request.on('error', () => {});
    answer?.(request, response);
  });
  server.on('connection', (socket: Socket) => socket.on('error', () => {}));
  server.on('upgrade', (_request, socket: Socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get read() {
      return read;
    },
    get written() {
      return written;
    },
  };
}
