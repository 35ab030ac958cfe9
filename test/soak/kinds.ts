/** What came of a request, as its caller saw it. */
export const OUTCOMES = [
  /** 200, and all the right bytes */
  'ok',
  /** the caller left before the end */
  'left',
  /** the connection ended after the head of an answer */
  'cut_off',
  /** the refusal that the request asked for came through */
  'backend_refused',
  // Codes of Spillway's own answers.
  'queue_full',
  'queue_timeout',
  'circuit_open',
  'request_timeout',
  'no_backend',
  'bad_gateway',
  'gateway_timeout',
  // Never right.
  'shutting_down',
  'wrong_bytes',
  'no_answer',
  'other',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Answers that say that the request never ran. */
export const NEVER_RAN: readonly Outcome[] = ['queue_full', 'queue_timeout', 'circuit_open'];

type Method = 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'POST';
/** From, and to: a length in bytes. */
type Range = readonly [from: number, to: number];

/** Requests that are alike, and what may come of them. */
export interface Kind {
  readonly name: string;
  /** Of all requests, in parts of the sum. */
  readonly weight: number;
  readonly method: Method;
  /** Where the service has it; the first segment of the path. */
  readonly route: 'pool' | 'narrow' | 'fetch' | 'limited' | 'keyed' | 'protected';
  readonly body?: Range;
  /** Sends the body without its length. */
  readonly chunked?: true;
  readonly answer: Range;
  /** Asks for a WebSocket: the body is sent, and the answer comes, in one message each. */
  readonly socket?: true;
  /** In how many writes the answer comes. */
  readonly pieces?: number;
  /** Statuses with which a backend may be asked to refuse. */
  readonly refusals?: readonly number[];
  /** What may come instead of 200 while the caller stays; nothing else is right. */
  readonly may: readonly Outcome[];
}

/** Kept by the pools to be sent again: larger bodies are sent once. */
export const MAX_BODY_BYTES = 65_536;

/**
 * Answers that come in one write, and are small enough to be taken by the system at once, come whole
 * or not at all, whatever becomes of their backend.
 */
const small: Range = [20, 2_000];
const page: Range = [4_000, 8_000];
const capacity = [429, 503] as const;

/**
 * What may come of a request that is not sent again: a failure of which it cannot be known whether
 * the backend has acted (rule 11), and any where the body is sent once (rule 12).
 */
const unknown: readonly Outcome[] = ['bad_gateway', 'gateway_timeout', 'backend_refused'];
const cut: readonly Outcome[] = ['cut_off'];

export const KINDS: readonly Kind[] = [
  {
    name: 'get',
    weight: 28,
    method: 'GET',
    route: 'pool',
    answer: small,
    refusals: [...capacity, 500],
    may: [],
  },
  { name: 'get a page', weight: 8, method: 'GET', route: 'pool', answer: page, may: [] },
  { name: 'head', weight: 5, method: 'HEAD', route: 'pool', answer: small, may: [] },
  {
    name: 'put',
    weight: 10,
    method: 'PUT',
    route: 'pool',
    body: [1, 8_000],
    answer: small,
    refusals: [...capacity, 502],
    may: [],
  },
  {
    name: 'put in chunks',
    weight: 3,
    method: 'PUT',
    route: 'pool',
    body: [1, 8_000],
    chunked: true,
    answer: small,
    may: [],
  },
  { name: 'delete', weight: 5, method: 'DELETE', route: 'pool', answer: small, may: [] },
  {
    name: 'post',
    weight: 11,
    method: 'POST',
    route: 'pool',
    body: [1, 8_000],
    answer: small,
    refusals: [...capacity, 500],
    may: unknown,
  },
  {
    name: 'post in chunks',
    weight: 3,
    method: 'POST',
    route: 'pool',
    body: [1, 8_000],
    chunked: true,
    answer: small,
    refusals: capacity,
    may: unknown,
  },
  {
    name: 'post much',
    weight: 1,
    method: 'POST',
    route: 'pool',
    body: [MAX_BODY_BYTES + 1, 200_000],
    answer: small,
    refusals: capacity,
    may: unknown,
  },
  {
    name: 'put much',
    weight: 1,
    method: 'PUT',
    route: 'pool',
    body: [MAX_BODY_BYTES + 1, 200_000],
    answer: small,
    may: unknown,
  },
  {
    name: 'get much',
    weight: 1,
    method: 'GET',
    route: 'pool',
    answer: [200_000, 400_000],
    pieces: 4,
    may: cut,
  },
  {
    name: 'stream',
    weight: 2,
    method: 'GET',
    route: 'pool',
    answer: [500, 4_000],
    pieces: 10,
    may: cut,
  },
  {
    name: 'websocket',
    weight: 1,
    method: 'GET',
    route: 'pool',
    socket: true,
    body: [1, 2_000],
    answer: small,
    may: cut,
  },
  {
    // Its backends take few at once, so that another attempt may find no room: rule 13.
    name: 'get from few',
    weight: 5,
    method: 'GET',
    route: 'narrow',
    answer: small,
    may: ['queue_full', 'queue_timeout', 'no_backend', 'bad_gateway', 'gateway_timeout'],
  },
  { name: 'fetch', weight: 4, method: 'GET', route: 'fetch', answer: small, may: [] },
  {
    name: 'fetch by put',
    weight: 1.5,
    method: 'PUT',
    route: 'fetch',
    body: [1, 4_000],
    answer: small,
    may: [],
  },
  {
    name: 'fetch by post',
    weight: 1.5,
    method: 'POST',
    route: 'fetch',
    body: [1, 4_000],
    answer: small,
    may: unknown,
  },
  { name: 'limited', weight: 6, method: 'GET', route: 'limited', answer: small, may: [] },
  { name: 'keyed', weight: 3, method: 'GET', route: 'keyed', answer: small, may: ['queue_full'] },
  {
    name: 'protected',
    weight: 2,
    method: 'GET',
    route: 'protected',
    answer: small,
    may: [...NEVER_RAN, 'request_timeout'],
  },
];

/** Whether a request of this kind may be served more than once (RFC 9110 §9.2.2). */
export function isIdempotent({ method }: Kind): boolean {
  return method !== 'POST';
}

/** Whether a request of this kind must succeed whatever becomes of backends. */
export function isPromised(kind: Kind): boolean {
  return kind.may.length === 0;
}
