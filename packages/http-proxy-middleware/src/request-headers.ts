import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import { namedByConnection } from '@spillway/node-http';
import { type BackendProfile, FRAMING } from './backend-profile.ts';

/**
 * Makes a request's headers those of a message of this hop: without what its `Connection` names
 * (RFC 9110 §7.6.1). Before this hop adds its own, which nobody can take away so.
 */
export function endConnectionOf(headers: IncomingHttpHeaders): void {
  for (const name of namedByConnection(headers.connection) ?? []) {
    // Without those the backend would read another message than was sent.
    if (!FRAMING.includes(name)) delete headers[name];
  }
  // However it was written.
  if (headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
}

/**
 * Takes from a request that httpxy has made what belongs to the caller's connection, or is not for
 * whoever is behind that backend.
 *
 * @param headers the caller's
 */
export function dropCallersHeaders(
  request: ClientRequest,
  profile: BackendProfile,
  headers: IncomingHttpHeaders,
  upgrades: boolean,
): void {
  const { connection } = headers;
  for (const name in headers) {
    if (profile.dropped.has(name)) request.removeHeader(name);
  }
  // Other protocols than WebSocket are not switched to.
  if (!upgrades && headers.upgrade !== undefined) request.removeHeader('upgrade');
  if (connection === undefined) return;
  // httpxy closes after a body in chunks.
  const lasts = request.shouldKeepAlive && !request.hasHeader('transfer-encoding');
  request.setHeader('connection', upgrades ? 'Upgrade' : lasts ? 'keep-alive' : 'close');
}

export function setOwnHeaders(request: ClientRequest, { headers }: BackendProfile): void {
  for (const [name, value] of headers) request.setHeader(name, value);
}

/** Whether a body is to follow. */
export function announcesBody(request: ClientRequest): boolean {
  return request.hasHeader('content-length') || request.hasHeader('transfer-encoding');
}

/** Whether a request that follows a redirect still goes to that backend. */
export function leadsTo({ url }: BackendProfile, request: ClientRequest): boolean {
  return request.protocol === url.protocol && request.getHeader('host') === url.host;
}
