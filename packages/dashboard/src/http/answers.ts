import type { IncomingMessage, ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from '../security/headers.ts';
import type { ApiError } from './api-error.ts';

/** Headers by name. */
export type Headers = Readonly<Record<string, string>>;

/** Answers with text, whole; a HEAD with its head alone. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Headers,
  body: string | Buffer,
): void {
  // Others may have answered meanwhile: a deadline of the application's own.
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  json: string,
  headers?: Headers,
): void {
  send(request, response, 200, { 'content-type': 'application/json', ...headers }, json);
}

export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  { problem, headers }: ApiError,
): void {
  const json = JSON.stringify(problem);
  const type = { 'content-type': 'application/problem+json' };
  send(request, response, problem.status, { ...type, ...headers }, json);
}
