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
export function headersNotForwarded(own: readonly string[]): NotForwarded {
  const replaced = own.some((name) => CREDENTIALS.includes(name)) ? CREDENTIALS : [];
  const dropped = [...HOP_BY_HOP, ...REQUEST_FRAMING, ...own, ...replaced];
  return new Map([
    ...FORWARDED.map((name) => [name, 'extended'] as const),
    ...dropped.map((name) => [name, 'dropped'] as const),
  ]);
}

/** What becomes of a header that is not forwarded as it came; others are not in it. */
export type NotForwarded = ReadonlyMap<string, 'dropped' | 'extended'>;

/**
 * The headers for a backend: those of its caller, less `notForwarded` and what its `Connection`
 * header names. Those that name the hops before are left to {@link addForwarded} when there is a
 * `hop` to add, and go as they came otherwise.
 */
export function forwardedHeaders(
  headers: IncomingHttpHeaders,
  notForwarded: NotForwarded,
  hop?: Hop,
): FlatHeaders {
  const flat: FlatHeaders = [];
  const named = namedByConnection(headers.connection);
  let hopsBefore = false;
  for (const name in headers) {
    const fate = notForwarded.get(name);
    if (fate === 'extended') hopsBefore = true;
    if (fate === 'dropped' || (fate === 'extended' && hop !== undefined)) continue;
    if (named?.includes(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else if (value !== undefined) for (const single of value) flat.push(name, single);
  }
  if (hop === undefined) return flat;
  if (hopsBefore) addForwarded(flat, hop.request, hop.trusted);
  else addFirstForwarded(flat, hop.request);
  return flat;
}

/** An answer's headers, less those of its connection. */
export function answerHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const answer: Record<string, string | string[]> = {};
  const named = namedByConnection(headers.connection);
  for (const name in headers) {
    if (belongsToConnection(name, named)) continue;
    const value = headers[name];
    if (value !== undefined) answer[name] = value;
  }
  return answer;
}

/** An answer's headers as they came, less those of its connection that do not frame its body. */
export function framedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = namedByConnection(headers.connection);
  const framed: IncomingHttpHeaders = {};
  for (const name in headers) {
    if (name === 'transfer-encoding' || !belongsToConnection(name, named)) {
      framed[name] = headers[name];
    }
  }
  return framed;
}

/** Sets them on a response, beside what the application has set there already. */
export function setAnswerHeaders(response: ServerResponse, headers: IncomingHttpHeaders): void {
  const named = namedByConnection(headers.connection);
  for (const name in headers) {
    if (belongsToConnection(name, named)) continue;
    const value = headers[name];
    if (value === undefined) continue;
    // Both sides' cookies are meant, and what an answer varies by is the sum.
    if (name === 'set-cookie' || name === 'vary') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
}

function belongsToConnection(name: string, named: string[] | undefined): boolean {
  return NOT_ANSWERED.has(name) || (named?.includes(name) ?? false);
}

/** What a `Connection` header names beside itself; framing is not for it to drop. */
export function namedByConnection(connection: string | string[] | undefined): string[] | undefined {
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

/** The hop that a request makes here, to be told to the backend. */
export interface Hop {
  readonly request: IncomingMessage;
  /** Whether the peer is trusted to say whom it forwards for. */
  readonly trusted: boolean;
}

/** Whether the caller came by https, here or at a hop before that is trusted. */
export function cameByHttps({ request, trusted }: Hop): boolean {
  const told = trusted ? request.headers['x-forwarded-proto'] : undefined;
  return (told ?? peerOf(request).proto) === 'https';
}

/** Whether hops before have said something that a trusted peer is believed. */
export function tellsOfHopsBefore(headers: IncomingHttpHeaders): boolean {
  return headers['x-forwarded-proto'] !== undefined || headers['x-forwarded-host'] !== undefined;
}

const PEER = Symbol('spillway.peer');

interface Peer {
  readonly address: string;
  readonly proto: string;
}

/** Who is at the other end; found out once for each connection. */
function peerOf(request: IncomingMessage): Peer {
  const socket = request.socket as Partial<TLSSocket> & { [PEER]?: Peer };
  socket[PEER] ??= {
    address: socket.remoteAddress ?? 'unknown',
    proto: socket.encrypted ? 'https' : 'http',
  };
  return socket[PEER];
}

function viaHere({ httpVersion }: IncomingMessage): string {
  return httpVersion === '1.1' ? '1.1 spillway' : `${httpVersion} spillway`;
}

/** Says who asked, as the first to do so. */
function addFirstForwarded(flat: FlatHeaders, request: IncomingMessage): void {
  const { address, proto } = peerOf(request);
  flat.push('x-forwarded-for', address, 'x-forwarded-proto', proto, 'via', viaHere(request));
  const { host } = request.headers;
  if (host !== undefined) flat.push('x-forwarded-host', host);
}

/**
 * Says who asked, after others: the peer is appended to `X-Forwarded-For` and this hop to `Via`
 * (RFC 9110 §7.6.3); `X-Forwarded-Proto` and `-Host` say what this hop has seen, unless the
 * application trusts the peer.
 */
function addForwarded(flat: FlatHeaders, request: IncomingMessage, trusted: boolean): void {
  const { address, proto } = peerOf(request);
  const { headers } = request;
  const told = (name: string) => (trusted ? headers[name] : undefined);
  const after = (before: string | string[] | undefined, here: string) =>
    before === undefined ? here : `${before}, ${here}`;
  flat.push(
    'x-forwarded-for',
    after(headers['x-forwarded-for'], address),
    'x-forwarded-proto',
    String(told('x-forwarded-proto') ?? proto),
    'via',
    after(headers.via, viaHere(request)),
  );
  const host = told('x-forwarded-host') ?? headers.host;
  if (host !== undefined) flat.push('x-forwarded-host', String(host));
}
