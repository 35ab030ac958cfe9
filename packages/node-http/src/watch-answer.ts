import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AnswerHeaders } from '@spillway/core';

/** Calls `onHead` once the head of the answer is written, with its headers by lower-case name. */
export function watchHead(
  response: ServerResponse,
  onHead: (statusCode: number, headers: AnswerHeaders) => void,
): void {
  const { writeHead } = response;
  response.writeHead = function watchedHead(this: ServerResponse, ...args: unknown[]) {
    const returned = Reflect.apply(writeHead, this, args) as ServerResponse;
    onHead(response.statusCode, { ...given(args), ...asSent(response.getHeaders()) });
    return returned;
  } as ServerResponse['writeHead'];
}

/** Numbers become the text that a caller is sent. */
function asSent(headers: OutgoingHttpHeaders): AnswerHeaders {
  const texts: Record<string, string | string[] | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    texts[name] = typeof value === 'number' ? String(value) : value;
  }
  return texts;
}

/** The headers that were handed to `writeHead` itself: an object, or names and values in turn. */
function given(args: readonly unknown[]): AnswerHeaders {
  const headers = args.find((arg) => typeof arg === 'object' && arg !== null);
  if (headers === undefined) return {};
  return Object.fromEntries(
    headerEntries(headers as GivenHeaders).map(([name, value]) => [
      String(name).toLowerCase(),
      String(value),
    ]),
  );
}

/** Headers as they may be handed to `writeHead`: by name, in turn with their values, or in pairs. */
export type GivenHeaders = Readonly<Record<string, unknown>> | readonly unknown[];

export function headerEntries(headers: GivenHeaders): [name: unknown, value: unknown][] {
  if (!Array.isArray(headers)) return Object.entries(headers);
  if (Array.isArray(headers[0])) return headers as [unknown, unknown][];
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
}

/** Calls `onChunk` with the answer's body as it is written. */
export function watchBody(response: ServerResponse, onChunk: (chunk: Buffer) => void): void {
  const see = ([chunk, encoding]: readonly unknown[]) => {
    if (chunk instanceof Uint8Array)
      onChunk(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    else if (typeof chunk === 'string') onChunk(Buffer.from(chunk, encodingOf(encoding)));
  };
  const { write, end } = response;
  response.write = function watchedWrite(this: ServerResponse, ...args: unknown[]) {
    see(args);
    return Reflect.apply(write, this, args) as boolean;
  } as ServerResponse['write'];
  // Where end() is given the last chunk it does not call write().
  response.end = function watchedEnd(this: ServerResponse, ...args: unknown[]) {
    see(args);
    return Reflect.apply(end, this, args) as ServerResponse;
  } as ServerResponse['end'];
}

function encodingOf(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8';
}
