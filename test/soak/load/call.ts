import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { OUTCOMES, type Outcome } from '../kinds.ts';
import { bytesOf, Comparison } from '../pattern.ts';
import { KEY, PRIORITY, pathOf, SERVED_BY, SESSION } from '../wire.ts';
import type { Drawn } from './draw.ts';

/** How a request ended, with what helps to find out why. */
export interface Ended {
  readonly drawn: Drawn;
  readonly outcome: Outcome;
  readonly status: number;
  /** The process that its answer came from, where it is known. */
  readonly servedBy: string;
  /** The beginning of an answer that was not as it should be, or the error. */
  readonly detail: string;
}

const CHUNK_BYTES = 1_500;
const TENANTS = 2;
const DETAIL_BYTES = 400;
/** What Spillway answers with, by its code. */
const codes = new Set<string>(OUTCOMES.filter((outcome) => outcome.includes('_')));

/** One request of a caller, from its beginning to its end. */
export interface Caller {
  /** Since when it is under way, by the monotonic clock. */
  readonly startedAt: number;
  /** No answer has come for so long that none will. */
  giveUp(): void;
}

export function requestPath(drawn: Drawn): string {
  const { route } = drawn.kind;
  const proxied = route === 'pool' || route === 'narrow';
  return `/${route}${proxied ? '' : '?'}${pathOf(drawn)}`;
}

export function requestHeaders({ session }: Drawn): Record<string, string> {
  return {
    // Half of the callers keep to a backend, the others go where the shares lead them.
    ...(session % 2 === 0 && { [SESSION]: `s${session}` }),
    [KEY]: `k${(session >> 1) % TENANTS}`,
    [PRIORITY]: String(session % 10),
  };
}

const gone = new Error('the caller leaves');
const late = new Error('no answer in time');

/** One request and its answer, which are compared with what they should be while they come. */
export class Call implements Caller, Dispatcher.DispatchHandler {
  readonly #drawn: Drawn;
  readonly #onEnd: (ended: Ended) => void;
  readonly #expected: Comparison;
  #controller: Dispatcher.DispatchController | undefined;
  #leaving: NodeJS.Timeout | undefined;
  #left = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #other = '';
  readonly startedAt = performance.now();

  constructor(drawn: Drawn, onEnd: (ended: Ended) => void) {
    const { id, kind, answerBytes } = drawn;
    this.#drawn = drawn;
    this.#onEnd = onEnd;
    const length = kind.method === 'HEAD' ? 0 : answerBytes;
    this.#expected = new Comparison(bytesOf(id, 'answer', length));
  }

  begin(dispatcher: Dispatcher): void {
    const { kind, leavesAfterMs } = this.#drawn;
    if (leavesAfterMs !== undefined) {
      this.#leaving = setTimeout(() => this.leave(), leavesAfterMs);
    }
    dispatcher.dispatch(
      {
        path: requestPath(this.#drawn),
        method: kind.method,
        headers: requestHeaders(this.#drawn),
        body: this.#body(),
      },
      this,
    );
  }

  /** The caller hangs up. */
  leave(): void {
    this.#left = true;
    this.#controller?.abort(gone);
  }

  giveUp(): void {
    this.#controller?.abort(late);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#left) controller.abort(gone);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#status === 200) this.#expected.add(chunk);
    else if (this.#other.length < DETAIL_BYTES) this.#other += chunk.toString();
  }

  onResponseEnd(): void {
    this.#end(this.#judge(), this.#other);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#left) this.#end('left', '');
    else this.#end(this.#status === 0 ? 'no_answer' : 'cut_off', `${error.name} ${error.message}`);
  }

  #body(): Buffer | Readable | null {
    const { kind, id, bodyBytes } = this.#drawn;
    if (kind.body === undefined) return null;
    const bytes = bytesOf(id, 'request', bodyBytes);
    return kind.chunked ? Readable.from(chunksOf(bytes)) : bytes;
  }

  #judge(): Outcome {
    if (this.#status === 200) return this.#expected.matches ? 'ok' : 'wrong_bytes';
    if (this.#status === 422) return 'wrong_bytes';
    if (this.#headers['content-type']?.startsWith('application/problem+json')) {
      const { code } = JSON.parse(this.#other) as { code: string };
      return codes.has(code) ? (code as Outcome) : 'other';
    }
    const refused = this.#headers[SERVED_BY] !== undefined;
    return refused && this.#status === this.#drawn.refusal ? 'backend_refused' : 'other';
  }

  #end(outcome: Outcome, detail: string): void {
    clearTimeout(this.#leaving);
    const servedBy = String(this.#headers[SERVED_BY] ?? '');
    this.#onEnd({ drawn: this.#drawn, outcome, status: this.#status, servedBy, detail });
  }
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
