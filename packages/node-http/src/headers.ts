import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** Headers as undici's `dispatch` takes them fastest: names and values in turn. */
export type FlatHeaders = string[];

/** They belong to one connection (RFC 9110 §7.6.1), or frame the message, which is the transport's. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const REQUEST_FRAMING = ['content-length', 'expect', 'host', 'http2-settings'];
const FORWARDED = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'via'];

const NOT_ANSWERED = new Set(HOP_BY_HOP);

/** Where callers of HTTP APIs put their keys. */
const CREDENTIALS = ['authorization', 'api-key', 'x-api-key'];

/**
 * The request headers that a backend is not sent as they came: the connection's, ours, and those
 * that it has of its own. One that has a credential of its own gets none of the caller's: it is not
 * meant for it, and some services refuse requests with two.
 */
export function headersNotForwarded(own: readonly string[]): ReadonlySet<string> {
  const replaced = own.some((name) => CREDENTIALS.includes(name)) ? CREDENTIALS : [];
  return new Set([...HOP_BY_HOP, ...REQUEST_FRAMING, ...FORWARDED, ...own, ...replaced]);
}

/** The caller's headers, less `dropped` and less what its `Connection` header names. */
export function forwardedHeaders(
  headers: IncomingHttpHeaders,
  dropped: ReadonlySet<string>,
): FlatHeaders {
  const flat: FlatHeaders = [];
  const named = namedByConnection(headers.connection);
  for (const name in headers) {
    if (dropped.has(name) || named?.includes(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else if (value !== undefined) for (const single of value) flat.push(name, single);
  }
  return flat;
}

/** An answer's headers, less those of its connection. */
export function answerHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const answer: Record<string, string | string[]> = {};
  const named = namedByConnection(headers.connection);
  for (const name in headers) {
    if (NOT_ANSWERED.has(name) || named?.includes(name)) continue;
    const value = headers[name];
    if (value !== undefined) answer[name] = value;
  }
  return answer;
}

/** Sets them on a response, beside what the application has set there already. */
export function setAnswerHeaders(response: ServerResponse, headers: IncomingHttpHeaders): void {
  const named = namedByConnection(headers.connection);
  for (const name in headers) {
    if (NOT_ANSWERED.has(name) || named?.includes(name)) continue;
    const value = headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
}

function namedByConnection(connection: string | string[] | undefined): string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') {
    return undefined;
  }
  const list = Array.isArray(connection) ? connection.join(',') : connection;
  return list
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== 'content-length');
}

/** Whether the application trusts the peer to say whom it forwards for. */
export type TrustsPeer = (request: IncomingMessage) => boolean;

const PEER = Symbol('spillway.peer');

interface Peer {
  readonly peer: string;
  readonly proto: string;
}

/** Who is at the other end; found out once for each connection. */
function peerOf(request: IncomingMessage): Peer {
  const socket = request.socket as Partial<TLSSocket> & { [PEER]?: Peer };
  socket[PEER] ??= {
    peer: socket.remoteAddress ?? 'unknown',
    proto: socket.encrypted ? 'https' : 'http',
  };
  return socket[PEER];
}

/**
 * Adds who asked: the peer is appended to `X-Forwarded-For` and this hop to `Via` (RFC 9110 §7.6.3);
 * `X-Forwarded-Proto` and `-Host` say what this hop has seen, unless the application trusts the peer.
 */
export function addForwarded(
  flat: FlatHeaders,
  request: IncomingMessage,
  trustsPeer: TrustsPeer,
): void {
  const { headers } = request;
  const { peer, proto } = peerOf(request);
  const sentFor = headers['x-forwarded-for'];
  const sentProto = headers['x-forwarded-proto'];
  const sentHost = headers['x-forwarded-host'];
  const trusted = (sentProto !== undefined || sentHost !== undefined) && trustsPeer(request);
  const host = (trusted ? sentHost : undefined) ?? headers.host;
  const hop = request.httpVersion === '1.1' ? '1.1 spillway' : `${request.httpVersion} spillway`;
  flat.push(
    'x-forwarded-for',
    sentFor === undefined ? peer : `${sentFor}, ${peer}`,
    'x-forwarded-proto',
    String((trusted ? sentProto : undefined) ?? proto),
    'via',
    headers.via === undefined ? hop : `${headers.via}, ${hop}`,
  );
  if (host !== undefined) flat.push('x-forwarded-host', String(host));
}
