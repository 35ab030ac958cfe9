import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Certificate } from './certificate.ts';
import { listenOnOwnPort } from './own-port.ts';

/** One request as a backend received it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** What it came by, beneath TLS if that is spoken. */
  readonly wire: Socket;
  /** Of the bytes received so far; complete once `body` has resolved. */
  bytes: number;
  sha256: string;
  /** Resolves with the whole body, or with `undefined` if it broke off. */
  readonly body: Promise<Buffer | undefined>;
  /** Resolves when the answer was sent, or the caller has gone. */
  readonly closed: Promise<'finished' | 'aborted'>;
}

export type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  received: Received,
) => void | Promise<void>;

/** A backend that does what a test tells it, and remembers what it was sent. */
export interface TestBackend {
  readonly url: string;
  readonly server: Server;
  readonly received: readonly Received[];
  /** Sockets that are open. */
  readonly sockets: ReadonlySet<Socket>;
  answer: Answer;
  /** Resolves with the request of that index, now or when it comes. */
  request(index?: number): Promise<Received>;
  close(): Promise<void>;
}

/** Answers once the request is read, as most backends do. */
export function answers(
  status: number,
  body: string | Buffer = '',
  headers: Record<string, string | string[]> = {},
): Answer {
  return async (_request, response, received) => {
    await received.body;
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** A 429 as Azure OpenAI sends it. */
export function refuses(retryAfterSeconds?: number): Answer {
  const retryAfter = retryAfterSeconds && { 'retry-after': String(retryAfterSeconds) };
  return answers(429, '{"error":{"code":"429"}}', {
    'content-type': 'application/json',
    ...retryAfter,
  });
}

/** Takes the request and never answers. */
export const hangs: Answer = () => {};

/** @param certificate has it speak TLS */
export async function startBackend(
  answer: Answer = answers(200, 'ok'),
  certificate?: Certificate,
): Promise<TestBackend> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    const { remotePort } = request.socket;
    const wire = [...sockets].find((socket) => socket.remotePort === remotePort);
    const entry = receive(request, response, wire ?? request.socket);
    received.push(entry);
    server.emit('received');
    Promise.resolve(backend.answer(request, response, entry)).catch(() => response.destroy());
  };
  const options = { keepAliveTimeout: 60_000, ...certificate };
  const server = certificate
    ? createSecureServer(options, listener)
    : createServer(options, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listenOnOwnPort(server);
  const backend: TestBackend = {
    url: `http${certificate ? 's' : ''}://127.0.0.1:${port}`,
    server,
    received,
    sockets,
    answer,
    async request(index = 0) {
      while (received.length <= index) await once(server, 'received');
      return received[index] as Received;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  onTestFinished(() => backend.close());
  return backend;
}

function receive(request: IncomingMessage, response: ServerResponse, wire: Socket): Received {
  const body = Promise.withResolvers<Buffer | undefined>();
  const closed = Promise.withResolvers<'finished' | 'aborted'>();
  const entry: Received = {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    wire,
    bytes: 0,
    sha256: '',
    body: body.promise,
    closed: closed.promise,
  };
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => {
    entry.bytes += chunk.length;
    hash.update(chunk);
    chunks.push(chunk);
  });
  request.on('end', () => {
    entry.sha256 = hash.digest('hex');
    body.resolve(Buffer.concat(chunks));
  });
  request.on('error', () => {});
  request.on('close', () => body.resolve(undefined));
  response.on('close', () => closed.resolve(response.writableFinished ? 'finished' : 'aborted'));
  return entry;
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
