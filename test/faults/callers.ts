import type { Agent } from 'node:http';
import type { HttpPool } from '@spillway/node-http';
import { open } from '../support/caller.ts';
import type { Kind, Outcome } from './fault.ts';

const METHODS = { GET: 'GET', POST: 'POST', streamed: 'POST' } as const;

/** How a caller asks. */
export interface Asking {
  readonly kind: Kind;
  /** Whether it says the length of its body before, or sends it in pieces as it has them. */
  readonly framing: 'with a length' | 'in chunks';
  /** The body, but for its end. */
  readonly beginning: string;
  /** The end of the body is only sent after this. */
  readonly after?: Promise<unknown> | undefined;
}

export interface Got {
  readonly outcome: Outcome;
  readonly text: string;
}

/** How much of an answer its caller has. */
export class Progress {
  #bytes = -1;
  #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];

  /** The head has come, and so much of the body. */
  comes(bytes: number): void {
    this.#bytes = bytes;
    for (const { resolve } of this.#waiting.filter((each) => each.bytes <= bytes)) resolve();
  }

  has(bytes: number): Promise<void> {
    if (this.#bytes >= bytes) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push({ bytes, resolve }));
  }
}

/** Asks, and tells of what comes; a caller without any head of an answer rejects. */
export type Caller = (asking: Asking, progress: Progress) => Promise<Got>;

/** A caller of the service, on a connection that is kept if it can be. */
export function httpCaller(origin: string, path: string, agent: Agent): Caller {
  return async ({ kind, framing, beginning, after }, progress) => {
    const bytes = beginning.length + END.length;
    const headers =
      kind !== 'GET' && framing === 'with a length' ? { 'content-length': bytes } : {};
    const { request, response } = open(origin, path, { method: METHODS[kind], headers, agent });
    if (kind === 'GET') {
      request.end();
    } else {
      request.write(beginning);
      if (after === undefined) request.end(END);
      else void after.then(() => request.end(END));
    }
    const answer = await response;
    return readAll(answer.statusCode ?? 0, answer, progress);
  };
}

/** A call of this very process, by `pool.fetch`. */
export function fetchCaller({ fetch }: HttpPool): Caller {
  return async ({ kind, framing, beginning, after }, progress) => {
    const whole = beginning + END;
    const isText = kind === 'POST' && framing === 'with a length';
    async function* pieces() {
      yield Buffer.from(beginning);
      await after;
      yield Buffer.from(END);
    }
    const body = kind === 'GET' ? null : isText ? whole : ReadableStream.from(pieces());
    const headers: Record<string, string> =
      kind === 'streamed' && framing === 'with a length'
        ? { 'content-length': String(whole.length) }
        : {};
    const init = { method: METHODS[kind], headers, body, duplex: 'half' };
    const answer = await fetch('/', init as RequestInit);
    return readAll(answer.status, answer.body ?? [], progress);
  };
}

/** With what the body of every POST ends. */
export const END = 'BODY';

async function readAll(
  status: number,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  progress: Progress,
): Promise<Got> {
  let text = '';
  progress.comes(0);
  try {
    for await (const chunk of body) {
      text += Buffer.from(chunk).toString('latin1');
      progress.comes(text.length);
    }
  } catch {
    return { outcome: 'cut off', text };
  }
  return { outcome: status, text };
}
