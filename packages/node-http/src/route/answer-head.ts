import type { ServerResponse } from 'node:http';
import type { AnswerHeaders } from '@spillway/core';

/** Calls `onHead` once the head of the answer is written, with its headers by lower-case name. */
export function watchHead(
  response: ServerResponse,
  onHead: (statusCode: number, headers: AnswerHeaders) => void,
): void {
  const { writeHead } = response;
  response.writeHead = function watchedHead(this: ServerResponse, ...args: unknown[]) {
    const returned = Reflect.apply(writeHead, this, args) as ServerResponse;
    onHead(response.statusCode, { ...given(args), ...(response.getHeaders() as AnswerHeaders) });
    return returned;
  } as ServerResponse['writeHead'];
}

/** The headers that were handed to `writeHead` itself: an object, or names and values in turn. */
function given(args: readonly unknown[]): AnswerHeaders {
  const headers = args.at(-1);
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Array.isArray(headers) ? pairs(headers) : Object.entries(headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [String(name).toLowerCase(), String(value)]),
  );
}

function pairs(list: readonly unknown[]): [unknown, unknown][] {
  if (Array.isArray(list[0])) return list as [unknown, unknown][];
  return list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]]] : []));
}
