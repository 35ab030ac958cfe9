import { once } from 'node:events';
import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

export interface CallOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Sends the body in chunks of this size, without saying its length before. */
  readonly chunkBytes?: number;
  /** Whose connections it uses. @defaultValue a connection of its own */
  readonly agent?: Agent;
}

export interface Called {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  json(): Record<string, unknown>;
}

/** A request that is open: its body may still be written, its answer may still be read. */
export interface OpenCall {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
  /** Leaves at once, as a caller whose process ends. */
  leave(): void;
}

/** Begins a request, with the path exactly as given. */
export function open(origin: string, path: string, options: CallOptions = {}): OpenCall {
  const { hostname, port } = new URL(origin);
  const { method = 'GET', headers = {}, agent = false } = options;
  const outgoing = request({ hostname, port, path, method, headers, agent });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
  });
  response.catch(() => {});
  onTestFinished(() => void outgoing.destroy());
  return { request: outgoing, response, leave: () => outgoing.destroy() };
}

/** A request and its whole answer. Rejects when the answer breaks off. */
export async function call(
  origin: string,
  path: string,
  options: CallOptions = {},
): Promise<Called> {
  const { body, chunkBytes } = options;
  const { request, response } = open(origin, path, options);
  if (body === undefined) request.end();
  else if (chunkBytes === undefined) request.end(body);
  else void writeInChunks(request, Buffer.from(body), chunkBytes);
  return read(await response);
}

async function writeInChunks(request: ClientRequest, body: Buffer, size: number): Promise<void> {
  request.flushHeaders();
  for (let at = 0; at < body.length && !request.destroyed; at += size) {
    if (!request.write(body.subarray(at, at + size))) await once(request, 'drain').catch(() => {});
  }
  request.end();
}

export async function read(response: IncomingMessage): Promise<Called> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = body.toString();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body,
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
}

/** Resolves with the next chunk of the answer. */
export async function nextChunk(response: IncomingMessage): Promise<string> {
  for (;;) {
    const chunk = response.read() as Buffer | null;
    if (chunk !== null) return chunk.toString();
    await once(response, 'readable');
  }
}

export interface RawCaller {
  readonly socket: Socket;
  /** All bytes that came so far, as latin1. */
  text(): string;
  /** Resolves with what came when it contains this, or when the connection ended. */
  until(part: string): Promise<string>;
}

/** A bare connection, for what a well-behaved client does not send. */
export async function rawCaller(origin: string): Promise<RawCaller> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    socket.emit('received');
  });
  socket.on('error', () => {});
  socket.on('close', () => socket.emit('received'));
  await once(socket, 'connect');
  return {
    socket,
    text: () => text,
    async until(part) {
      while (!text.includes(part) && !socket.closed) await once(socket, 'received');
      return text;
    },
  };
}

/** Sends these very bytes and resolves with the answer; the request should say `Connection: close`. */
export async function rawCall(origin: string, bytes: string): Promise<string> {
  const caller = await rawCaller(origin);
  caller.socket.write(Buffer.from(bytes, 'latin1'));
  if (!caller.socket.closed) await once(caller.socket, 'close');
  return caller.text();
}

/**
 * Sixteen callers that ask one request after another until the returned function is called, which
 * resolves with how many were answered, and with the statuses of those that failed.
 */
export function keepAsking(
  origin: string,
): () => Promise<{ readonly served: number; readonly failures: readonly number[] }> {
  let running = true;
  let served = 0;
  const failures: number[] = [];
  const ask = async () => {
    while (running) {
      const { status } = await call(origin, '/', { method: 'POST', body: 'x' });
      served++;
      if (status !== 200) failures.push(status);
    }
  };
  const all = Array.from({ length: 16 }, ask);
  return async () => {
    running = false;
    await Promise.all(all);
    return { served, failures };
  };
}

/** A caller that reads nothing of its answer: resolves when all buffers up to it are full. */
export async function untilFull(response: ServerResponse): Promise<void> {
  let fullFor = 0;
  await until(() => {
    // The buffers between have not taken anything for some time.
    fullFor = response.writableNeedDrain ? fullFor + 1 : 0;
    if (fullFor <= 50) throw new Error('the buffers up to the caller still take something');
  });
}
