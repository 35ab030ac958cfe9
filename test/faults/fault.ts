import type { RawConnection } from '../support/raw-backend.ts';

/** What the caller gets: the status, or that its answer was cut off after the head. */
export type Outcome = number | 'cut off';

/** One outcome, or any of several where the network decides. */
export type Promised = Outcome | readonly Outcome[];

/** How the caller asks; `streamed` is a POST whose body is too large to be kept for another attempt. */
export type Kind = 'GET' | 'POST' | 'streamed';

/** What the caller gets. A kind of request that is missing has no sense for the fault. */
export interface Promises extends Readonly<Partial<Record<Kind, Promised | undefined>>> {
  /** However it asks, when there is no other backend. */
  readonly alone: Promised;
}

/** One request that a backend has to do with. */
export interface Play {
  /** Resolves when the caller has the head of its answer, and as many bytes of the body. */
  callerHas(bytes: number): Promise<void>;
}

/** What the backend does with a connection, told how many of this fault's came before. */
export type Script = (connection: RawConnection, play: Play, index: number) => unknown;

export type Act = (connection: RawConnection) => unknown;

/** What is done to a connection after it has served a request; each in its turn, where there are several. */
export interface Kept {
  /** While it serves nobody. */
  readonly before?: readonly Act[];
  /** In the very turn in which the next request is sent. */
  readonly atNext?: readonly Act[];
}

export interface Fault extends Promises {
  /** What the backend does, as the end of a sentence that it begins. */
  readonly name: string;
  /** Why the caller gets that. */
  readonly why: string;
  /** All the ways in which it does so; a backend that takes no connections has none. */
  readonly scripts: Readonly<Record<string, Script>> | 'nobody listens' | 'nobody accepts';
  /** What is the caller's only where http-proxy-middleware makes the requests. */
  readonly behindHttpProxyMiddleware?: Partial<Promises> & { readonly why: string };
  /** What the backend has to be given up for, as it will never come. */
  readonly lacks?: 'connection' | 'head' | 'body';
  /** The body of the faulty backend's answer, where the caller gets it whole. */
  readonly body?: string;
  /** Its connection is not used again, although the answer was whole. */
  readonly endsConnection?: boolean;
  /** How many bytes the caller sends before the end of its body. @defaultValue 40 */
  readonly bodyBytes?: number;
  /** The caller completes its body only when it has an answer, or another backend is asked. */
  readonly isAnsweredEarly?: boolean;
  /** The connection has served a request before. */
  readonly kept?: Kept;
}

/** The rows of one table. */
export interface Section {
  readonly title: string;
  readonly faults: readonly Fault[];
}

/** Nothing was sent, so that anything may be tried again. */
export const unsent = { alone: 502, GET: 200, POST: 200, streamed: 200 } as const;
/** Tried again if that is safe, else told. */
export const broken = { alone: 502, GET: 200, POST: 502, streamed: 502 } as const;
/** As `broken`, when nothing comes. */
export const late = { alone: 504, GET: 200, POST: 504, streamed: 504 } as const;
/** Refused, so that anything that is still at hand may be tried again. */
export const throttled = { alone: 429, GET: 200, POST: 200, streamed: 429 } as const;
export const fine = { alone: 200, GET: 200, POST: 200, streamed: 200 } as const;
/** The head is with the caller already. */
export const cut = {
  alone: 'cut off',
  GET: 'cut off',
  POST: 'cut off',
  streamed: 'cut off',
} as const;
