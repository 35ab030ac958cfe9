import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listenOnOwnPort } from './own-port.ts';

/** One connection to a raw backend. */
export interface RawConnection {
  readonly socket: Socket;
  /** All that came so far, as latin1. */
  text(): string;
  /** Resolves when this has come, or the connection has ended. */
  until(part: string | RegExp | ((text: string) => boolean)): Promise<string>;
  write(bytes: string | Buffer): void;
}

/** What a backend does with the connection of that index. */
export type Script = (connection: RawConnection, index: number) => void | Promise<void>;

export interface RawBackend {
  readonly url: string;
  readonly connections: readonly RawConnection[];
  /** How many requests have begun, on all connections. */
  requests(): number;
  close(): Promise<void>;
}

const REQUEST_LINE = /^[A-Z]+ \S+ HTTP\/1\.1\r$/gm;

/** How many requests have begun on these connections. */
export function requestsOn(connections: readonly RawConnection[]): number {
  return connections.reduce((sum, { text }) => sum + (text().match(REQUEST_LINE)?.length ?? 0), 0);
}

/** A backend without HTTP: bytes as a test writes them. */
export async function startRawBackend(script: Script): Promise<RawBackend> {
  const connections: RawConnection[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      socket.emit('received');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      socket.emit('received');
    });
    const connection: RawConnection = {
      socket,
      text: () => text,
      async until(part) {
        const has = () => {
          if (typeof part === 'function') return part(text);
          return typeof part === 'string' ? text.includes(part) : part.test(text);
        };
        while (!has() && !socket.closed) await once(socket, 'received');
        return text;
      },
      write: (bytes) => void socket.write(typeof bytes === 'string' ? latin1(bytes) : bytes),
    };
    void script(connection, connections.push(connection) - 1);
  });
  const port = await listenOnOwnPort(server);
  let closing: Promise<unknown> | undefined;
  const backend: RawBackend = {
    url: `http://127.0.0.1:${port}`,
    connections,
    requests: () => requestsOn(connections),
    async close() {
      closing ??= new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closing;
    },
  };
  onTestFinished(() => backend.close());
  return backend;
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
