import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import type { TestBackend } from './backend.ts';

/** A backend that switches to WebSocket, and remembers with which requests. */
export interface SocketBackend {
  readonly requests: readonly IncomingMessage[];
  readonly clients: ReadonlySet<WebSocket>;
}

/** Has the backend's server switch protocols; by default each socket gives back what it is sent. */
export function switchesProtocols(
  { server }: TestBackend,
  onSocket: (socket: WebSocket) => void = (socket) =>
    socket.on('message', (data, binary) => socket.send(data, { binary })),
): SocketBackend {
  const requests: IncomingMessage[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head) => {
    requests.push(request);
    sockets.handleUpgrade(request, socket, head, onSocket);
  });
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
  });
  return { requests, clients: sockets.clients };
}

/** What became of an attempt to open a WebSocket. */
export type Opened =
  | { readonly socket: WebSocket; readonly headers: IncomingMessage['headers'] }
  | {
      readonly status: number;
      readonly headers: IncomingMessage['headers'];
      readonly text: string;
    };

/** Opens a WebSocket at the origin of a server, or tells how that was answered instead. */
export async function openSocket(
  origin: string,
  path = '/',
  options: ClientOptions & { readonly protocols?: string[] } = {},
): Promise<Opened> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(origin.replace('http', 'ws') + path, protocols, rest);
  onTestFinished(() => socket.terminate());
  socket.on('error', () => {});
  const { promise, resolve, reject } = Promise.withResolvers<Opened>();
  let headers: IncomingMessage['headers'] = {};
  socket.once('upgrade', (response) => {
    headers = response.headers;
  });
  socket.once('open', () => resolve({ socket, headers }));
  socket.once('error', reject);
  socket.once('unexpected-response', async (_request, response) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
  });
  return promise;
}

/** {@link openSocket} where it must succeed. */
export async function open(...args: Parameters<typeof openSocket>): Promise<WebSocket> {
  const opened = await openSocket(...args);
  if ('socket' in opened) return opened.socket;
  throw new Error(`the upgrade was answered with ${opened.status} ${opened.text}`);
}

/** What the other side answers to one message. */
export async function ask(socket: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answered = once(socket, 'message');
  socket.send(message);
  const [data] = (await answered) as [Buffer];
  return data;
}

/** Resolves with the code when the socket has closed. */
export async function closed(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number];
  return code;
}

/** A connection on which a test writes what it likes. */
export async function connectTo(server: Server): Promise<Socket> {
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** The head of a request that asks for a WebSocket. */
export function handshake(path = '/', lines: readonly string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: spillway.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...lines,
    '\r\n',
  ].join('\r\n');
}
