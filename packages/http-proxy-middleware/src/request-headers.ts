import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import { namedByConnection } from '@spillway/node-http';
import type { BackendProfile } from './backend-profile.ts';

/** Whoever names them in `Connection` would have the backend read another message than was sent. */
const FRAMING = ['connection', 'content-length', 'host', 'transfer-encoding', 'upgrade'];

/**
 * Takes from a request that httpxy has made what is not for the backend, as RFC 9110 §7.6.1 asks, and
 * gives it the backend's own headers.
 *
 * @param headers the caller's
 */
export function prepareHeaders(
  request: ClientRequest,
  profile: BackendProfile,
  headers: IncomingHttpHeaders,
  upgrades: boolean,
): void {
  const { connection } = headers;
  for (const name in headers) {
    if (profile.dropped.has(name)) request.removeHeader(name);
  }
  if (connection !== undefined) {
    for (const name of namedByConnection(connection) ?? []) {
      if (!FRAMING.includes(name)) request.removeHeader(name);
    }
    // httpxy closes after a body in chunks.
    const lasts = request.shouldKeepAlive && !request.hasHeader('transfer-encoding');
    request.setHeader('connection', upgrades ? 'Upgrade' : lasts ? 'keep-alive' : 'close');
  }
  for (const [name, value] of profile.headers) request.setHeader(name, value);
}

/** Whether a request that follows a redirect still goes to that backend. */
export function leadsTo({ url }: BackendProfile, request: ClientRequest): boolean {
  return request.protocol === url.protocol && request.getHeader('host') === url.host;
}
